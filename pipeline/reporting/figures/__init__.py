"""Figures of the page, and of prepare and power."""
