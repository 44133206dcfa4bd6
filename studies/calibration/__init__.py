"""Calibration of intervals: simulated studies with a known truth, scored by the real engine."""
