"""Forecasts of what a study's runs take, from its settings and constants of the machine."""
