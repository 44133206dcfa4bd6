"""Brain datasets as MLflow shows them: source, schema and profile."""

from __future__ import annotations

import json

from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.types import ColSpec, DataType, Schema

from pipeline.brains.dataset import BrainDataset


class BrainInput(MetaDataset):  # type: ignore[misc]
    """A brain dataset among the inputs of a run."""

    def __init__(self, brain: BrainDataset) -> None:
        self._profile = profile_of(brain)
        source = CodeDatasetSource(tags={"source": brain.source})
        text = isinstance(brain.stimuli.items, tuple)
        stimulus = ColSpec(DataType.string, "text") if text else ColSpec(DataType.binary, "image")
        group = ColSpec(DataType.string, "group")
        subjects = [ColSpec(DataType.float, f"responses/{name}") for name in brain.subjects]
        schema = Schema([stimulus, group, *subjects])
        super().__init__(source, name=brain.name, digest=brain.digest[:32], schema=schema)

    @property
    def profile(self) -> dict[str, object]:
        """Counts of what the dataset holds."""
        return self._profile

    def to_dict(self) -> dict[str, str]:
        """Describe the dataset as the store keeps it."""
        described: dict[str, str] = super().to_dict()
        return {**described, "profile": json.dumps(self.profile)}


def brain_input(brain: BrainDataset) -> BrainInput:
    """Describe a brain dataset for a run's inputs and for the metrics made with it."""
    return BrainInput(brain)


def profile_of(brain: BrainDataset) -> dict[str, object]:
    """Count subjects, stimuli, groups, and the voxels of each ROI (fewest to most)."""
    voxels: dict[str, list[int]] = {}
    for subject in brain.subjects.values():
        for roi, columns in subject.rois.items():
            voxels.setdefault(roi, []).append(len(columns))
    return {
        "subjects": len(brain.subjects),
        "stimuli": len(brain.stimuli),
        "stimulus groups": len(set(brain.stimuli.groups)),
        "voxels": {roi: _span(sizes) for roi, sizes in voxels.items()},
    }


def _span(sizes: list[int]) -> str:
    return str(sizes[0]) if len(set(sizes)) == 1 else f"{min(sizes)} to {max(sizes)}"
