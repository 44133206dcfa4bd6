"""Files that tasks and brain datasets read alike: pictures, tables, pickles, names in order."""
