"""File formats of brain data: how they are read and written."""
