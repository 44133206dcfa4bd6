"""Scripts that made the small pretrained models of this project from random weights."""
