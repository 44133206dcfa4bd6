"""Simulated brains: their stimuli, and voxels whose answers and noise ceiling are known."""

from __future__ import annotations

from pipeline.brains.simulated.simulation import (
    SIMULATED_PICTURES,
    SIMULATED_SENTENCES,
    sentence_stimuli,
    simulate_subjects,
)

__all__ = [
    "SIMULATED_PICTURES",
    "SIMULATED_SENTENCES",
    "sentence_stimuli",
    "simulate_subjects",
]
