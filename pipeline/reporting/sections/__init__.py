"""Sections of the page, a file each."""
