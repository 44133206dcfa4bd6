"""The search over learning rate and prompt length."""
