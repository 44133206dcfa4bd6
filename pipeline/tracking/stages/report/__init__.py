"""The stage ``report``: the runs of a study in, a page out."""
