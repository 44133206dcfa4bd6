"""Noise ceilings: from repeats, from simulated signals, across subjects."""
