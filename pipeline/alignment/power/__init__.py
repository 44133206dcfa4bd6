"""Power: the share of studies that would find a true difference in 2v2 accuracy."""
