"""Examples of each form of task: single ones as they are read, and many put together."""
