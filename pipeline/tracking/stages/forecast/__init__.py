"""The stage ``forecast``."""
