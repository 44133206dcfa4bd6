"""NIfTI volumes: reading, masks, spaces and writing."""
