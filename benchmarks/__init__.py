"""Speed and memory beside what a user would pick instead; each prints a table and one line."""
