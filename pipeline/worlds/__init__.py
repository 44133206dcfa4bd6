"""Simulated worlds with known latent factors: a small language, and pictures of shapes."""
