"""A brain dataset by its name and directory, read once."""

from __future__ import annotations

from functools import lru_cache

from pipeline.brains import BRAINS
from pipeline.brains.dataset import BrainDataset
from pipeline.config import PrepareConfig


@lru_cache(maxsize=4)  # a study aligns many models with the same brain dataset
def load_brain(name: str, directory: str) -> BrainDataset:
    """Load a brain dataset by its name in BRAINS.

    Raises
    ------
    DataError
        When its files are missing, damaged, or do not match one another.
    """
    return BRAINS[name].load(PrepareConfig.model_validate({"brain": name, "brain_dir": directory}))
