"""The stage ``tune``: a base, a task and a method in, a registered version out."""
