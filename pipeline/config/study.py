"""Studies: grids of bases, tasks, methods, seeds and brain datasets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from pipeline.config.cells import Cell, StageSettings, UntunedModel, specified
from pipeline.config.report import FamilySetting, ReportConfig
from pipeline.config.stage import PathText, Seed, StageConfig
from pipeline.words import CurveSetting, Regime


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
ModelEntry = Annotated[dict[str, Any], _named("model")]


class Defaults(StageConfig):
    """Settings of ``tune`` and ``align`` that all grids of a study share."""

    tune: dict[str, Any] = Field(default_factory=dict)
    by_regime: dict[Regime, dict[str, Any]] = Field(default_factory=dict)
    by_method: dict[str, dict[str, Any]] = Field(default_factory=dict)
    align: dict[str, Any] = Field(default_factory=dict)


class Grid(Defaults):
    """Every combination of the bases, tasks, methods and seeds of one modality.

    Tasks are one of several regimes: bases can be tuned on the stimuli of each brain dataset, on
    the responses to them, or on both as well, fold by fold.

    Beside them, or in their place, ``models`` are aligned as they are: bases that nothing was done
    to, and features of other tools, as ``{model: their encoder, features: FOLDER}``.

    A task, a brain dataset or a model is a name, or a mapping of the name and settings of its own,
    such as ``{task: mnist, data_dir: data/mnist}``. Of two values of a setting the more special one
    counts: those of the study, of the grid, of the task or brain dataset, of the regime, of the
    method or model.
    """

    models: tuple[ModelEntry, ...] = ()
    bases: tuple[str, ...] = Field((), validate_default=True)
    regimes: tuple[Regime, ...] = Field(("task",), min_length=1)
    tasks: tuple[TaskEntry, ...] = Field((), validate_default=True)
    methods: tuple[str, ...] = Field((), validate_default=True)
    seeds: tuple[Seed, ...] = Field((0,), min_length=1)
    brains: tuple[BrainEntry, ...] = Field(min_length=1)
    data_dir: PathText = ""
    brain_dir: PathText = ""

    @field_validator("bases", "tasks", "methods")
    @classmethod
    def _all_or_models_alone(cls, names: tuple[Any, ...], info: ValidationInfo) -> tuple[Any, ...]:
        """Ask for bases, tasks and methods together, or for none of them beside models.

        Tasks are for the regime 'task', which is the only one where none is named.
        """
        tunes = bool(info.data.get("bases", names or not info.data.get("models")))
        if info.field_name == "tasks" and "task" not in info.data.get("regimes", ("task",)):
            if names:
                raise PydanticCustomError("tasks_need_a_regime", "nothing without regime 'task'")
            return names
        if tunes and not names:
            raise PydanticCustomError("all_or_models_alone", "at least one entry")
        if names and not tunes:
            raise PydanticCustomError("all_or_models_alone", "nothing without bases")
        return names

    def cells(
        self,
        defaults: Defaults,
        specifications: Mapping[str, Sequence[Any]] = MappingProxyType({}),
        curves: Mapping[CurveSetting, Sequence[int]] = MappingProxyType({}),
    ) -> Iterator[Cell]:
        """List the tuned models to make, the untuned base first within each task or regime."""
        aligns = self._aligns(defaults, specifications, {})
        learned = list(self.learned())
        for base, (regime, own), method, seed in product(
            self.bases, learned, self.methods, self.seeds
        ):
            settings = {
                **({"data_dir": self.data_dir} if regime == "task" else {}),
                **defaults.tune,
                **self.tune,
                **own,
                **defaults.by_regime.get(regime, {}),
                **self.by_regime.get(regime, {}),
                **defaults.by_method.get(method, {}),
                **self.by_method.get(method, {}),
            }
            tune = {**settings, "base": base, "method": method, "seed": seed}
            yield Cell(tune, aligns, dict(curves) if regime == "task" else {})

    def learned(self) -> Iterator[tuple[Regime, StageSettings]]:
        """List what a base is tuned on: each task, with settings of its own, and each regime."""
        for regime in self.regimes:
            if regime == "task":
                yield from (("task", task) for task in self.tasks)
            else:
                yield regime, {"regime": regime}

    def untuned_models(
        self, defaults: Defaults, specifications: Mapping[str, Sequence[Any]] = MappingProxyType({})
    ) -> Iterator[UntunedModel]:
        """List the models to align as they are."""
        for entry in self.models:
            yield UntunedModel(entry["model"], self._aligns(defaults, specifications, entry))

    def _aligns(
        self, defaults: Defaults, specifications: Mapping[str, Sequence[Any]], own: StageSettings
    ) -> tuple[StageSettings, ...]:
        """Give the settings of the alignments of a model with settings of its own."""
        shared = {"brain_dir": self.brain_dir, **defaults.align, **self.align}
        return tuple(
            align
            for brain in self.brains
            for align in specified({**shared, **brain, **own}, specifications)
        )


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
        for number, grid in enumerate(self.grids, start=1):
            for cell in grid.cells(self.defaults, self.specifications, self.curves):
                pairs = self.minimal_pairs * (cell.regime == "task")
                yield replace(cell, minimal_pairs=pairs, grid=number)

    def untuned_models(self) -> Iterator[UntunedModel]:
        """List the models of all grids that are aligned as they are, in order."""
        for number, grid in enumerate(self.grids, start=1):
            for model in grid.untuned_models(self.defaults, self.specifications):
                yield replace(model, grid=number)

    def untuned_bases(self) -> Iterator[str]:
        """List the bases among them."""
        return (model.model for model in self.untuned_models() if model.is_base)
