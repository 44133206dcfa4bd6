"""Permutation tests: whole stimulus groups are exchanged, and every fold is fitted anew."""
