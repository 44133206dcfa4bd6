"""The brains ``pereira2018-*``: real subjects who read sentences or met concepts (Pereira 2018).

Read from the archives of the participants as they are published. See ``load_pereira``.
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline.brains.brain import Brain
from pipeline.brains.dataset import BrainDataset
from pipeline.brains.pereira.experiments import load_pereira
from pipeline.brains.pereira.networks import DEFAULT_ROIS, NETWORKS
from pipeline.brains.pereira.subjects import EXPERIMENTS
from pipeline.config import GroupedBrainConfig, SelectedBrainConfig

__all__ = ["DEFAULT_ROIS", "EXPERIMENTS", "NETWORKS", "PEREIRA_BRAINS", "load_pereira"]

_SUMMARIES = {
    "384": "real subjects read 384 sentences in 96 passages (Pereira et al. 2018, Exp. 2)",
    "243": "real subjects read 243 sentences in 72 passages (Pereira et al. 2018, Exp. 3)",
    "627": "real subjects who read both the 384 and the 243 sentences (Pereira et al. 2018)",
    "180-sentences": "real subjects met 180 concepts in sentences (Pereira et al. 2018, Exp. 1)",
    "180-pictures": "real subjects met 180 concepts with pictures (Pereira et al. 2018, Exp. 1)",
    "180-wordclouds": "real subjects met 180 concepts in word clouds (Pereira et al. 2018, Exp. 1)",
}


def _loader(experiment: str) -> Callable[[GroupedBrainConfig], BrainDataset]:
    def load(config: GroupedBrainConfig) -> BrainDataset:
        return load_pereira(config, experiment)

    return load


def _settings(experiment: str) -> type[SelectedBrainConfig]:
    """Concepts are groups of their own; sentences stand in passages about topics."""
    return SelectedBrainConfig if experiment.startswith("180") else GroupedBrainConfig


PEREIRA_BRAINS: tuple[Brain, ...] = tuple(
    Brain(
        name=f"pereira2018-{experiment}",
        modality="text",
        summary=summary,
        read=_loader(experiment),
        settings=_settings(experiment),
        needs_directory=True,
    )
    for experiment, summary in _SUMMARIES.items()
)
