"""How often a study would find a true difference in 2v2 accuracy."""
