"""The pretrained models that are adapted, and what a tuned model can do wherever it travels."""
