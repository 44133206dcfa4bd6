"""What the runs of a study will take, counted from its settings and constants of the machine."""
