"""Alignment with a whole brain dataset: subjects and ROIs as units of work."""
