"""Notebooks, and the small brain data that the documentation offers to download."""
