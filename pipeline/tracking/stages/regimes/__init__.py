"""Tuning in a regime, fold by fold: versions that belong to one outer fold of a brain dataset."""
