"""A brain dataset by its name and directory, read once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pipeline.brains import BRAINS, BrainRequest
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
    return BRAINS[name].load(
        request_of(PrepareConfig.model_validate({"brain": name, "brain_dir": directory}))
    )


def request_of(config: PrepareConfig) -> BrainRequest:
    """Put the settings of prepare into the words of the loaders."""
    settings = config.model_dump(exclude={"brain", "brain_dir"})
    settings |= {name: _listed(settings[name]) for name in ("subjects", "rois")}
    settings |= {name: _path(settings[name]) for name in ("image_dir", "atlas", "labels")}
    return BrainRequest(directory=_path(config.brain_dir), **settings)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _path(text: str) -> Path | None:
    return Path(text).expanduser() if text else None
