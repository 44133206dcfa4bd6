"""How a base is adapted to a task: the methods, one training loop, the search, the scores."""
