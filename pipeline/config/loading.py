"""From a command line or a study file to checked settings, with all mistakes at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from pipeline.config.align import AlignConfig
from pipeline.config.catalogue import Catalogue
from pipeline.config.stage import StageConfig
from pipeline.config.study import Defaults, Grid, StudyConfig
from pipeline.config.tune import TuneConfig
from pipeline.errors import ConfigError, Problem, nearest, refuse

Config = TypeVar("Config", bound=StageConfig)
ANY_MODEL = "models:/any@any"  # stands in for a model that the study has yet to make


def load_config(model: type[Config], values: Mapping[str, Any], catalogue: Catalogue) -> Config:
    """Check settings against their model and the known names.

    Raises
    ------
    ConfigError
        With every mistake: unknown and missing fields, wrong types and values, unknown names,
        names that do not fit together, directories that do not exist, settings that what was
        chosen does not know.
    """
    refuse(_command_problems(model, values, catalogue), ConfigError)
    return model.model_validate(values)


def read_study(path: Path, catalogue: Catalogue) -> StudyConfig:
    """Read a study file and check every cell of its grids before anything is computed.

    Raises
    ------
    ConfigError
        With every mistake in the file, each named once.
    """
    values = _read_yaml(path)
    refuse(_schema_problems(StudyConfig, values), ConfigError)
    study = StudyConfig.model_validate(values)
    found: dict[str, Problem] = {}
    refuse(_repetitions(path, study), ConfigError)
    for number, grid in enumerate(study.grids, start=1):
        for problem in _grid_problems(grid, study.defaults, catalogue):
            placed = Problem(
                f"{path}, grid {number}: {problem.where}",
                problem.expected,
                problem.found,
                problem.remedy,
            )
            found[str(placed)] = placed
    refuse(found.values(), ConfigError)
    return study


def _read_yaml(path: Path) -> Mapping[str, Any]:
    expected, remedy = "a YAML file that describes a study", "See studies/demo.yaml for the form."
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(Problem(str(path), expected, reason, remedy)) from error
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise ConfigError(Problem(str(path), expected, type(values).__name__, remedy))
    return values


def _repetitions(path: Path, study: StudyConfig) -> Iterator[Problem]:
    """Find what stands twice in a grid, or in two: its scores could not be told apart."""
    once: set[tuple[str, str, str]] = set()
    for number, grid in enumerate(study.grids, start=1):
        named = {
            "bases": grid.bases,
            "tasks": [task["task"] for task in grid.tasks],
            "methods": grid.methods,
            "seeds": grid.seeds,
            "brains": [brain["brain"] for brain in grid.brains],
        }
        repeated = {
            field: [name for name, count in Counter(names).items() if count > 1]
            for field, names in named.items()
        }
        for field, names in repeated.items():
            for name in names:
                where = f"{path}, grid {number}: {field}"
                yield Problem(where, "each once", f"{name} twice", f"Remove one {name}.")
        cells = {(c.tune["base"], c.tune["task"], c.tune["method"]) for c in grid.cells(Defaults())}
        if once & cells:
            where, cell = f"{path}, grid {number}", ", ".join(min(once & cells))
            remedy = "Put its brain datasets and seeds into the one grid."
            yield Problem(where, "models of no other grid", f"{cell} again", remedy)
        once |= cells


def _grid_problems(grid: Grid, defaults: Defaults, catalogue: Catalogue) -> Iterator[Problem]:
    for method in grid.by_method:
        if method not in grid.methods:
            yield Problem(
                f"by_method.{method}",
                "a method of this grid",
                f"'{method}'",
                nearest(method, grid.methods),
            )
    for cell in grid.cells(defaults):
        yield from _command_problems(TuneConfig, cell.tune, catalogue)
        for align in cell.aligns:
            place = {name: align[name] for name in ("brain", "brain_dir")}
            yield from catalogue.problems({**cell.tune, **place})
            yield from _schema_problems(AlignConfig, {**align, "model": ANY_MODEL})


def _command_problems(
    model: type[StageConfig], values: Mapping[str, Any], catalogue: Catalogue
) -> Iterator[Problem]:
    wrong = list(_schema_problems(model, values))
    yield from wrong
    yield from catalogue.problems(values)
    if not wrong:
        yield from catalogue.unknown_settings(model.model_validate(values))


def _schema_problems(model: type[StageConfig], values: Mapping[str, Any]) -> Iterator[Problem]:
    try:
        model.model_validate(values)
    except ValidationError as error:
        for detail in error.errors():
            yield _translate(model, detail)


def _translate(model: type[StageConfig], detail: Mapping[str, Any]) -> Problem:
    """Put one of pydantic's findings into the words of a refusal."""
    where = ".".join(str(part) for part in detail["loc"])
    names = tuple(model.model_fields)
    if detail["type"] == "extra_forbidden":
        return Problem(where, "a known setting", f"'{where}'", nearest(where, names))
    if detail["type"] == "missing":
        return Problem(where, "a value", "none", f"Pass {where}=<value>.")
    message = str(detail["msg"]).removeprefix("Input should be ")
    expected = message[0].lower() + message[1:]
    return Problem(where, expected, repr(detail["input"]), f"Change {where}.")
