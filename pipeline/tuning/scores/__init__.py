"""Task scores, each a formula over sums of what the examples add."""
