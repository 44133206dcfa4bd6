"""Hidden states, one vector per stimulus and layer, and how they are stored."""
