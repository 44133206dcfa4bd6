"""Brain datasets as MLflow shows them."""

from __future__ import annotations

from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.meta_dataset import MetaDataset

from pipeline.brains.dataset import BrainDataset


def brain_input(brain: BrainDataset) -> MetaDataset:
    """Describe a brain dataset for a run's inputs and for the metrics made with it."""
    source = CodeDatasetSource(tags={"source": brain.source})
    return MetaDataset(source, name=brain.name, digest=brain.digest[:32])
