"""Tuning of a base to a task: the methods, one training loop, the search, the scores."""
