"""Study files that must be refused: a mistake at every place of one, and several at once."""

import copy
import random
from collections.abc import Iterator
from typing import Any

import yaml
from faults.bad_values import DIRECTORIES, bad_values

from pipeline.config import AlignConfig, StudyConfig, TuneConfig
from pipeline.config.study import Grid

SOUND: dict[str, Any] = {
    "name": "sound",
    "asks": "Which?",
    "defaults": {"tune": {"max_steps": 3}},
    "margin": 0.02,
    "grids": [
        {
            "bases": ["tiny-gpt2"],
            "tasks": ["summarization"],
            "methods": ["base", "prompt"],
            "seeds": [0],
            "brains": ["simulated-sentences"],
            "tune": {"max_train": 40},
            "by_method": {"prompt": {"prompt_length": 3}},
            "align": {"folds": 3},
        }
    ],
}
#: Values of other kinds than a setting has; a text stands for whole lists and mappings too.
KINDS = (None, [], [[]], {}, {"a": 1}, "", float("nan"), float("inf"), 10**19, -1, "nobody", [None])
PARTS = {"tune": TuneConfig, "align": AlignConfig}

Mistake = tuple[tuple[str | int, ...], object]


def mistakes() -> Iterator[Mistake]:
    """Give places of a study, and values that they must not have."""
    yield from (((name,), value) for name in ("name", "asks", "grids") for value in ([], {}, None))
    yield from ((("margin",), value) for value in (None, "wide", 0, 0.5, float("nan"), 10**19, []))
    grid = ("grids", 0)
    for name in ("bases", "tasks", "methods", "seeds", "brains"):
        yield from (((*grid, name), value) for value in KINDS if name != "seeds" or value != -1)
    for name in ("tune", "align", "by_method"):
        yield from (((*grid, name), value) for value in (None, [], "word", 3))
        yield (*grid, name, "hrglfx"), 1
    for part, model in PARTS.items():
        for name in model.model_fields:
            if name not in ("base", "task", "method", "model", "brain"):
                # whether folders are there is looked at when all else is right
                texts = () if name in DIRECTORIES else bad_values(model, name)
                values = list(dict.fromkeys(texts))
                yield from (((*grid, part, name), value) for value in values)
                yield from (((*grid, part, name), value) for value in ([], {"a": 1}))
    for model, place in ((StudyConfig, ()), (Grid, grid)):
        yield from (((*place, f"{name}x"), 1) for name in model.model_fields)


def bad_studies(number: int, seed: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Draw studies with one to four mistakes; their YAML, and the settings that are wrong."""
    rng = random.Random(seed)
    every = list(mistakes())
    for _ in range(number):
        study, named = copy.deepcopy(SOUND), {}
        drawn = rng.sample(every, rng.choice((1, 1, 2, 4)))
        for place, value in sorted(drawn, key=lambda mistake: len(mistake[0])):
            if _put(study, place, value):
                named[place[-1]] = None
        yield yaml.safe_dump(study), tuple(map(str, named))


def _put(study: dict[str, Any], place: tuple[str | int, ...], value: object) -> bool:
    """Put a value into a study, unless another mistake has taken its place away."""
    inner: Any = study
    for step in place[:-1]:
        try:
            inner = inner[step]
        except (KeyError, IndexError, TypeError):
            return False
    if not isinstance(inner, dict):
        return False
    inner[place[-1]] = value
    return True
