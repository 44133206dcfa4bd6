"""Cells of a study: the models that its grids come to, each with its alignments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from pipeline.config.align import AlignConfig
from pipeline.config.regime import RegimeConfig
from pipeline.config.tune import TuneConfig
from pipeline.words import CurveSetting, Regime

StageSettings = Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """One tuned model of a study, and the brain datasets it is aligned with.

    In a regime other than 'task' it is a model for each brain dataset, with a version a fold.

    Parameters
    ----------
    tune : mapping
        Values for TuneConfig, or for RegimeConfig.
    aligns : tuple of mapping
        For each brain dataset the values for AlignConfig, without the model: of every other
        specification, and last of the one that is declared.
    curves : mapping of str to sequence of int
        Settings of tune with values that are tried one at a time.
    minimal_pairs : str
        Folder of minimal pairs that the tuned model is scored on; empty: none.
    grid : int
        Number of its grid, from 1, for messages.
    """

    tune: StageSettings
    aligns: tuple[StageSettings, ...]
    curves: Mapping[CurveSetting, Sequence[int]] = field(default_factory=dict)
    minimal_pairs: str = ""
    grid: int = 1

    @property
    def regime(self) -> Regime:
        """What is learned."""
        regime: Regime = self.tune.get("regime", "task")
        return regime

    @property
    def settings(self) -> type[TuneConfig]:
        """The model of the settings of tuning."""
        return TuneConfig if self.regime == "task" else RegimeConfig

    def varied(self) -> Iterator[tuple[CurveSetting, int, StageSettings]]:
        """Give each setting of the curves with each value, and the values for TuneConfig then."""
        for name, values in self.curves.items():
            for value in values:
                yield name, value, {**self.tune, name: value, "checkpoints": 0}

    @property
    def title(self) -> str:
        """Base, task or regime, method and seed, for messages."""
        names = "base", "regime" if "regime" in self.tune else "task", "method", "seed"
        return " ".join(str(self.tune[name]) for name in names)


@dataclass(frozen=True)
class UntunedModel:
    """A base, or features of another tool, that a study aligns as they are.

    Parameters
    ----------
    model : str
        A base as AlignConfig takes it, or what features are called.
    aligns : tuple of mapping
        As those of :class:`Cell`, with the model.
    grid : int
        Number of its grid, from 1, for messages.
    """

    model: str
    aligns: tuple[StageSettings, ...]
    grid: int = 1

    @property
    def title(self) -> str:
        """Name of the model, for messages."""
        return self.model

    @property
    def is_base(self) -> bool:
        """Whether it is a base, which computes its features here."""
        return not any(align.get("features") for align in self.aligns)


#: What other specifications are aligned without: only differences are asked of them.
ONLY_SCORES = {"nuisance": False, "permutations": 0, "maps": False, "partition": False}


def specified(
    align: StageSettings, specifications: Mapping[str, Sequence[Any]]
) -> Iterator[dict[str, Any]]:
    """Give the settings of every other combination, and last those that are declared.

    Where one token is taken there is no mean for prompt positions to be in.
    """
    for values in product(*specifications.values()):
        changed = dict(zip(specifications, values, strict=True))
        whole = {**align, **ONLY_SCORES, **changed}
        is_other = any(_declared(name, align) != value for name, value in changed.items())
        if is_other and (
            _declared("prompt_positions", whole) == "out" or _declared("pooling", whole) == "mean"
        ):
            yield whole
    yield dict(align)


def specification_of(align: StageSettings, declared: StageSettings) -> str:
    """Name a specification by the settings in which it is not as declared; empty for that one."""
    return ", ".join(
        f"{name}={value}"
        for name, value in align.items()
        if name not in ONLY_SCORES and _declared(name, declared) != value
    )


def declared_aligns(aligns: Sequence[StageSettings]) -> dict[str, StageSettings]:
    """Give the settings that are declared for each brain dataset, the last ones of it."""
    return {align["brain"]: align for align in aligns}


def _declared(name: str, align: StageSettings) -> object:
    """Give the value of a setting of align, its default where it is not named."""
    known = AlignConfig.model_fields
    return align.get(name, known[name].default if name in known else None)
