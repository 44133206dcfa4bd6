"""A study as one file with checksums, to be opened where its store is not."""
