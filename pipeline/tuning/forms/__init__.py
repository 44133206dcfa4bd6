"""Forms of task: what is trained on, and how it is scored."""
