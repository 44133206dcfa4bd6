"""Differences between tuned versions, and how far they can be told from chance."""
