"""Brain datasets as MLflow shows them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.meta_dataset import MetaDataset

from pipeline.brains import BRAINS, BrainRequest
from pipeline.brains.dataset import BrainDataset


@lru_cache(maxsize=4)  # a study aligns many models with the same brain dataset
def load_brain(name: str, directory: str) -> BrainDataset:
    """Load a brain dataset by its name in BRAINS.

    Raises
    ------
    DataError
        When its files are missing, damaged, or do not match one another.
    """
    place = Path(directory).expanduser() if directory else None
    return BRAINS[name].load(BrainRequest(directory=place))


def brain_input(brain: BrainDataset) -> MetaDataset:
    """Describe a brain dataset for a run's inputs and for the metrics made with it."""
    source = CodeDatasetSource(tags={"source": brain.source})
    return MetaDataset(source, name=brain.name, digest=brain.digest[:32])
