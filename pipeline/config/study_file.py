"""The study file: YAML that is read strictly, every cell of its grids checked before any work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from pipeline.config.align import AlignConfig
from pipeline.config.catalogue import Catalogue
from pipeline.config.cells import UntunedModel
from pipeline.config.report import contrasts_of
from pipeline.config.stage import StageConfig
from pipeline.config.study import Defaults, Grid, StudyConfig
from pipeline.config.tune import TuneConfig
from pipeline.config.typed_settings import schema_problems
from pipeline.errors import ConfigError, Problem, nearest, refuse
from pipeline.words import FEATURE_CONTROLS, PROMPTS

VERSION = "models:/"
ANY_MODEL = f"{VERSION}any@any"  # stands in for a model that the study has yet to make
MOST_BYTES = 1_000_000
MOST_CELLS = 10_000
#: Settings of a cell that the grid names itself.
OF_THE_GRID = {"base": "bases", "task": "tasks", "method": "methods", "seed": "seeds"}
OF_THE_GRID |= {"regime": "regimes"}
OF_THE_CELL = {"model": "bases, tasks and methods, or models", "brain": "brains"}
#: What an alignment says of a model as it is, and where it is seen.
OF_A_MODEL = ("model", "features", "brain", "brain_dir", "pooling")


def read_study(path: Path, catalogue: Catalogue) -> StudyConfig:
    """Read a study file and check every cell of its grids before anything is computed.

    Raises
    ------
    ConfigError
        With every mistake in the file, each named once.
    """
    values = _read_yaml(path)
    if wrong := list(schema_problems(StudyConfig, values)):
        problems = [*wrong, *_settings_problems(values)]
        placed = [replace(problem, where=f"{path}, {problem.where}") for problem in problems]
        refuse(placed, ConfigError)
    study = StudyConfig.model_validate(values)
    refuse(_too_many(path, study), ConfigError)
    overridden = [*_overridden(path, study), *_repetitions(path, study), *_family(path, study)]
    problems_by_text = {str(problem): problem for problem in overridden}
    for number, grid in enumerate(study.grids, start=1):
        for problem in _grid_problems(grid, study, catalogue):
            own = replace(problem, where=f"{path}, grid {number}: {problem.where}")
            problems_by_text[str(own)] = own
    refuse(problems_by_text.values(), ConfigError)
    return study


class _StrictLoader(yaml.SafeLoader):  # type: ignore[misc]
    """Reads what ``yaml.safe_load`` reads, but for a setting that stands twice in one place."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = [key for key, count in Counter(keys).items() if count > 1]
        if twice:
            raise yaml.constructor.ConstructorError(
                problem=f"{twice[0]} stands twice", problem_mark=node.start_mark
            )
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def _read_yaml(path: Path) -> Mapping[str, Any]:
    """Read a study file as it stands, unchecked.

    Raises
    ------
    ConfigError
        When there is no such file, or it holds no YAML mapping of text to values.
    """
    expected, remedy = "a YAML file that describes a study", "See studies/demo.yaml for the form."
    try:
        if path.is_file() and path.stat().st_size > MOST_BYTES:
            raise ValueError(f"a file of more than {MOST_BYTES:,} bytes")
        values = yaml.load(path.read_text(encoding="utf-8"), _StrictLoader)  # noqa: S506 (a SafeLoader)
    except RecursionError as error:
        deep = Problem(str(path), expected, "values nested too deeply", remedy)
        raise ConfigError(deep) from error
    except (OSError, ValueError, OverflowError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(Problem(str(path), expected, reason, remedy)) from error
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise ConfigError(Problem(str(path), expected, type(values).__name__, remedy))
    return values


def _settings_problems(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Find mistakes in the settings of a study that is not formed well enough to have cells."""
    grids = values.get("grids")
    places = {
        f"grid {n}": grid for n, grid in enumerate(grids if isinstance(grids, list) else (), 1)
    }
    for where, settings in {"defaults": values.get("defaults"), **places}.items():
        if not isinstance(settings, dict):
            continue
        by_method = settings.get("by_method")
        own = by_method.values() if isinstance(by_method, dict) else ()
        parts: list[tuple[type[StageConfig], object]] = [(AlignConfig, settings.get("align"))]
        parts += [(TuneConfig, part) for part in (settings.get("tune"), *own)]
        for model, part in parts:
            named = (
                part if isinstance(part, dict) and all(isinstance(key, str) for key in part) else {}
            )
            for problem in schema_problems(model, named):
                if problem.where.partition(".")[0] in named:  # what is missing, the grid names
                    yield replace(problem, where=f"{where}: {problem.where}")


def _too_many(path: Path, study: StudyConfig) -> Iterator[Problem]:
    for number, grid in enumerate(study.grids, start=1):
        learned = tuple(grid.learned())
        sizes = [len(names) for names in (grid.bases, learned, grid.methods, grid.seeds)]
        cells = sizes[0] * sizes[1] * sizes[2] * sizes[3] + len(grid.models)
        if cells > MOST_CELLS:
            where, expected = f"{path}, grid {number}", f"at most {MOST_CELLS:,} models"
            yield Problem(where, expected, f"{cells:,}", "Divide it into several studies.")


def _overridden(path: Path, study: StudyConfig) -> Iterator[Problem]:
    """Find settings of tune and align that the grid itself names, and so would override."""
    places: list[tuple[str, Defaults]] = [(f"{path}, defaults", study.defaults)]
    places += [(f"{path}, grid {n}", grid) for n, grid in enumerate(study.grids, start=1)]
    yield from _named_by_grid(f"{path}: specifications", study.specifications, OF_THE_CELL)
    for where, settings in places:
        particular = {f"by_method.{name}": own for name, own in settings.by_method.items()}
        particular |= {f"by_regime.{name}": own for name, own in settings.by_regime.items()}
        for part, values in {"tune": settings.tune, **particular}.items():
            yield from _named_by_grid(f"{where}: {part}", values, OF_THE_GRID)
        yield from _named_by_grid(f"{where}: align", settings.align, OF_THE_CELL)
    for number, grid in enumerate(study.grids, start=1):
        for entry in grid.models:
            where = f"{path}, grid {number}: models.{entry['model']}"
            yield from _named_by_grid(where, entry, {"brain": "brains"})


def _named_by_grid(
    where: str, values: Mapping[str, Any], homes: Mapping[str, str]
) -> Iterator[Problem]:
    for name in homes.keys() & values.keys():
        expected = f"{name} where the grid lists it"
        yield Problem(f"{where}.{name}", expected, repr(values[name]), f"Use {homes[name]}.")


def _repetitions(path: Path, study: StudyConfig) -> Iterator[Problem]:
    """Find what stands twice in a grid, or in two: its scores could not be told apart."""
    once: set[tuple[str, ...]] = set()
    for number, grid in enumerate(study.grids, start=1):
        named = {
            "models": [model["model"] for model in grid.models],
            "bases": grid.bases,
            "regimes": grid.regimes,
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
        cells: set[tuple[str, ...]] = {(model,) for model in named["models"]}
        cells |= {
            (c.tune["base"], c.tune.get("task", c.regime), c.tune["method"])
            for c in grid.cells(Defaults())
        }
        if once & cells:
            where, cell = f"{path}, grid {number}", ", ".join(min(once & cells))
            remedy = "Put its brain datasets and seeds into the one grid."
            yield Problem(where, "models of no other grid", f"{cell} again", remedy)
        once |= cells


def _family(path: Path, study: StudyConfig) -> Iterator[Problem]:
    """Find names in the primary family that the study has no scores of."""
    methods = [method for grid in study.grids for method in grid.methods]
    methods += [model["model"] for grid in study.grids for model in grid.models]
    known = [PROMPTS, *dict.fromkeys(methods), *FEATURE_CONTROLS]
    for name in {name for pair in contrasts_of(study.family) for name in pair} - set(known):
        if study.family != StudyConfig.model_fields["family"].default:
            yield Problem(f"{path}: family", "methods of this study", name, nearest(name, known))


def _grid_problems(grid: Grid, study: StudyConfig, catalogue: Catalogue) -> Iterator[Problem]:
    for method in grid.by_method:
        if method not in grid.methods:
            yield Problem(
                f"by_method.{method}",
                "a method of this grid",
                f"'{method}'",
                nearest(method, grid.methods),
            )
    for regime in grid.by_regime:
        if regime not in grid.regimes:
            remedy = nearest(regime, grid.regimes)
            yield Problem(f"by_regime.{regime}", "a regime of this grid", f"'{regime}'", remedy)
    for cell in grid.cells(study.defaults, study.specifications, study.curves):
        wrong = list(schema_problems(cell.settings, cell.tune))
        yield from wrong
        for name, _, settings in cell.varied():
            problems = schema_problems(TuneConfig, settings)
            yield from (problem for problem in problems if problem.where == name)
        if not wrong:
            yield from catalogue.unknown_settings(cell.settings.model_validate(cell.tune))
        for align in cell.aligns:
            named = ("brain", "brain_dir", "pooling")
            place = {name: align[name] for name in named if name in align}
            yield from catalogue.problems({**cell.tune, **place})
            yield from schema_problems(AlignConfig, {**align, "model": ANY_MODEL})
    for model in grid.untuned_models(study.defaults, study.specifications):
        yield from _untuned_problems(model, catalogue)


def _untuned_problems(model: UntunedModel, catalogue: Catalogue) -> Iterator[Problem]:
    if model.model.startswith(VERSION):
        expected = "bases, or features of other tools with their folder"
        remedy = "Name what it was tuned from in bases, tasks and methods."
        yield Problem("models", expected, f"'{model.model}', a registered version", remedy)
        return
    for align in model.aligns:
        own = {name: align[name] for name in OF_A_MODEL if name in align}
        if not own.get("features") and model.model in catalogue.names["base"]:
            own["base"] = model.model  # whose modality is known, then
        yield from catalogue.problems(own)
        yield from schema_problems(AlignConfig, align)
