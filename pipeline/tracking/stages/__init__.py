"""The stages: read what earlier ones logged, call the library once, log what came of it."""
