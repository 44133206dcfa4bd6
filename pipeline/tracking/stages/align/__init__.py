"""The stage ``align``: a registered version and a brain dataset in, scores out."""
