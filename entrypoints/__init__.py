"""The MLflow entry points: parse, call the library once, say what came of it."""
