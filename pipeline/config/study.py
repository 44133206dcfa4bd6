"""A study: a grid of bases, tasks, methods, seeds and brain datasets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from pipeline.config.stage import StageConfig

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """One tuned model of a study, and the brain datasets it is aligned with.

    Parameters
    ----------
    tune : mapping
        Values for TuneConfig.
    brains : tuple of mapping
        For each brain dataset the values that say which it is and where it lies.
    """

    tune: Settings
    brains: tuple[Settings, ...]


class Grid(StageConfig):
    """Every combination of the bases, tasks, methods and seeds of one modality."""

    bases: tuple[str, ...] = Field(min_length=1)
    tasks: tuple[str, ...] = Field(min_length=1)
    methods: tuple[str, ...] = Field(min_length=1)
    seeds: tuple[int, ...] = Field((0,), min_length=1)
    brains: tuple[str, ...] = Field(min_length=1)
    data_dir: str = ""
    brain_dir: str = ""
    tune: dict[str, Any] = Field(default_factory=dict)
    by_method: dict[str, dict[str, Any]] = Field(default_factory=dict)
    align: dict[str, Any] = Field(default_factory=dict)

    def cells(self) -> Iterator[Cell]:
        """List the tuned models to make, the untuned base first within each task."""
        brains = tuple({"brain": brain, "brain_dir": self.brain_dir} for brain in self.brains)
        for base in self.bases:
            for task in self.tasks:
                for method in self.methods:
                    for seed in self.seeds:
                        chosen = {"base": base, "task": task, "method": method, "seed": seed}
                        settings = {**self.tune, **self.by_method.get(method, {})}
                        yield Cell({"data_dir": self.data_dir, **settings, **chosen}, brains)


class StudyConfig(StageConfig):
    """A study file."""

    name: str = Field(min_length=1, description="Name of the study's run.")
    asks: str = Field(min_length=1, description="The question, in one sentence.")
    grids: tuple[Grid, ...] = Field(min_length=1)
