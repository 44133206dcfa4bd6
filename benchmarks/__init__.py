"""Benchmarks beside what a user would take instead; each file opens with its command."""
