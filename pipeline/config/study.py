"""Studies: grids of bases, tasks, methods, seeds and brain datasets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from pipeline.config.report import FamilySetting, ReportConfig
from pipeline.config.stage import PathText, Seed, StageConfig

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """One tuned model of a study, and the brain datasets it is aligned with.

    Parameters
    ----------
    tune : mapping
        Values for TuneConfig.
    aligns : tuple of mapping
        For each brain dataset the values for AlignConfig, without the model.
    """

    tune: Settings
    aligns: tuple[Settings, ...]


def _named(field: str) -> BeforeValidator:
    """Read an entry that is a name, or a mapping of the name and settings of its own."""

    def read(entry: object) -> object:
        if isinstance(entry, str):
            return {field: entry}
        if isinstance(entry, dict) and isinstance(entry.get(field), str):
            return entry
        raise PydanticCustomError(
            "named_entry",
            "Input should be a name, or a mapping with '{field}' and settings of its own",
            {"field": field},
        )

    return BeforeValidator(read)


TaskEntry = Annotated[dict[str, Any], _named("task")]
BrainEntry = Annotated[dict[str, Any], _named("brain")]


class Defaults(StageConfig):
    """Settings of ``tune`` and ``align`` that all grids of a study share."""

    tune: dict[str, Any] = Field(default_factory=dict)
    by_method: dict[str, dict[str, Any]] = Field(default_factory=dict)
    align: dict[str, Any] = Field(default_factory=dict)


class Grid(Defaults):
    """Every combination of the bases, tasks, methods and seeds of one modality.

    A task or a brain dataset is a name, or a mapping of the name and settings of its own, such as
    ``{task: mnist, data_dir: data/mnist}``. Of two values of a setting the more special one
    counts: those of the study, of the grid, of the task or brain dataset, of the method.
    """

    bases: tuple[str, ...] = Field(min_length=1)
    tasks: tuple[TaskEntry, ...] = Field(min_length=1)
    methods: tuple[str, ...] = Field(min_length=1)
    seeds: tuple[Seed, ...] = Field((0,), min_length=1)
    brains: tuple[BrainEntry, ...] = Field(min_length=1)
    data_dir: PathText = ""
    brain_dir: PathText = ""

    def cells(self, defaults: Defaults) -> Iterator[Cell]:
        """List the tuned models to make, the untuned base first within each task."""
        shared = {"brain_dir": self.brain_dir, **defaults.align, **self.align}
        aligns = tuple({**shared, **brain} for brain in self.brains)
        for base, task, method, seed in product(self.bases, self.tasks, self.methods, self.seeds):
            settings = {
                "data_dir": self.data_dir,
                **defaults.tune,
                **self.tune,
                **task,
                **defaults.by_method.get(method, {}),
                **self.by_method.get(method, {}),
            }
            yield Cell({**settings, "base": base, "method": method, "seed": seed}, aligns)


class StudyConfig(StageConfig):
    """A study file."""

    name: str = Field(min_length=1, description="Name of the study's run.")
    asks: str = Field(min_length=1, description="The question, in one sentence.")
    defaults: Defaults = Field(
        default_factory=Defaults, description="Settings that all grids share."
    )
    margin: float = Field(
        0.02,
        gt=0,
        lt=0.5,
        description="Differences in 2v2 accuracy within plus or minus this count as none.",
    )
    family: FamilySetting = ReportConfig.model_fields["family"].default
    grids: tuple[Grid, ...] = Field(min_length=1)

    def cells(self) -> Iterator[Cell]:
        """List the tuned models of all grids, in order."""
        for grid in self.grids:
            yield from grid.cells(self.defaults)
