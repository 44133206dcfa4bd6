"""BOLD5000 (Chang et al. 2019): four subjects who saw up to 4,916 photographs."""

from __future__ import annotations

from pipeline.brains.bold5000.release_1 import BOLD5000, load_bold5000
from pipeline.brains.bold5000.release_2 import BOLD5000_BETAS, load_bold5000_betas
from pipeline.brains.brain import Brain

__all__ = ["BOLD5000_BRAINS", "load_bold5000", "load_bold5000_betas"]

BOLD5000_BRAINS: tuple[Brain, ...] = (BOLD5000, BOLD5000_BETAS)
