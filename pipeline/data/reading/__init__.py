"""Files of real corpora: each format to rows with the columns that the hub has."""
