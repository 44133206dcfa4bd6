"""Studies: grids of bases, tasks, methods, seeds and brain datasets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from pipeline.config.align import AlignConfig
from pipeline.config.report import FamilySetting, ReportConfig
from pipeline.config.stage import PathText, Seed, StageConfig
from pipeline.words import CurveSetting

StageSettings = Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """One tuned model of a study, and the brain datasets it is aligned with.

    Parameters
    ----------
    tune : mapping
        Values for TuneConfig.
    aligns : tuple of mapping
        For each brain dataset the values for AlignConfig, without the model: of every other
        specification, and last of the one that is declared.
    curves : mapping of str to sequence of int
        Settings of tune with values that are tried one at a time.
    minimal_pairs : str
        Folder of minimal pairs that the tuned model is scored on; empty: none.
    """

    tune: StageSettings
    aligns: tuple[StageSettings, ...]
    curves: Mapping[CurveSetting, Sequence[int]] = field(default_factory=dict)
    minimal_pairs: str = ""

    def varied(self) -> Iterator[tuple[CurveSetting, int, StageSettings]]:
        """Give each setting of the curves with each value, and the values for TuneConfig then."""
        for name, values in self.curves.items():
            for value in values:
                yield name, value, {**self.tune, name: value, "checkpoints": 0}


#: What other specifications are aligned without: only differences are asked of them.
ONLY_SCORES = {"nuisance": False, "permutations": 0, "maps": False, "partition": False}


def _specified(
    align: StageSettings, specifications: Mapping[str, Sequence[Any]]
) -> Iterator[dict[str, Any]]:
    """Give the settings of every other combination, and last those that are declared."""
    for values in product(*specifications.values()):
        changed = dict(zip(specifications, values, strict=True))
        if any(_declared(name, align) != value for name, value in changed.items()):
            yield {**align, **ONLY_SCORES, **changed}
    yield dict(align)


def specification_of(align: StageSettings, declared: StageSettings) -> str:
    """Name a specification by the settings in which it is not as declared; empty for that one."""
    return ", ".join(
        f"{name}={value}"
        for name, value in align.items()
        if name not in ONLY_SCORES and _declared(name, declared) != value
    )


def _declared(name: str, align: StageSettings) -> object:
    """Give the value of a setting of align, its default where it is not named."""
    known = AlignConfig.model_fields
    return align.get(name, known[name].default if name in known else None)


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

    def cells(
        self,
        defaults: Defaults,
        specifications: Mapping[str, Sequence[Any]] = MappingProxyType({}),
        curves: Mapping[CurveSetting, Sequence[int]] = MappingProxyType({}),
    ) -> Iterator[Cell]:
        """List the tuned models to make, the untuned base first within each task."""
        shared = {"brain_dir": self.brain_dir, **defaults.align, **self.align}
        aligns = tuple(
            align
            for brain in self.brains
            for align in _specified({**shared, **brain}, specifications)
        )
        for base, task, method, seed in product(self.bases, self.tasks, self.methods, self.seeds):
            settings = {
                "data_dir": self.data_dir,
                **defaults.tune,
                **self.tune,
                **task,
                **defaults.by_method.get(method, {}),
                **self.by_method.get(method, {}),
            }
            tune = {**settings, "base": base, "method": method, "seed": seed}
            yield Cell(tune, aligns, dict(curves))


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
    specifications: dict[str, Annotated[tuple[Any, ...], Field(min_length=1)]] = Field(
        default_factory=dict,
        description="Settings of align with values to try: every combination is aligned too, and "
        "the report shows how the difference of the family depends on them.",
    )
    curves: dict[CurveSetting, Annotated[tuple[int, ...], Field(min_length=1)]] = Field(
        default_factory=dict,
        description="Settings of tune with values to try, one at a time: every method that heeds "
        "the setting is tuned and aligned with each, and the report draws scores over them.",
    )
    minimal_pairs: PathText = Field(
        "",
        description="Folder of minimal pairs, .jsonl in BLiMP's form, one file a phenomenon: the "
        "accuracy of each model of text whose head names words stands beside its brain scores.",
    )
    family: FamilySetting = ReportConfig.model_fields["family"].default
    grids: tuple[Grid, ...] = Field(min_length=1)

    def cells(self) -> Iterator[Cell]:
        """List the tuned models of all grids, in order."""
        for grid in self.grids:
            for cell in grid.cells(self.defaults, self.specifications, self.curves):
                yield replace(cell, minimal_pairs=self.minimal_pairs)
