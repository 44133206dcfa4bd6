"""From settings as they were typed to checked settings, with all mistakes at once."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import ValidationError

from pipeline.config.catalogue import Catalogue
from pipeline.config.stage import StageConfig
from pipeline.errors import ConfigError, Problem, nearest, refuse

Config = TypeVar("Config", bound=StageConfig)
Location = tuple[str | int, ...]


def load_config(model: type[Config], values: Mapping[str, Any], catalogue: Catalogue) -> Config:
    """Check settings against their model and the known names.

    Raises
    ------
    ConfigError
        With every mistake: unknown and missing fields, wrong types and values, unknown names,
        names that do not fit together, directories that do not exist, settings that what was
        chosen does not know.
    """
    refuse(command_problems(model, values, catalogue), ConfigError)
    return model.model_validate(values)


def command_problems(
    model: type[StageConfig], values: Mapping[str, Any], catalogue: Catalogue
) -> Iterator[Problem]:
    """Find every mistake in the settings of one command."""
    wrong = list(schema_problems(model, values))
    yield from wrong
    yield from catalogue.problems(values)
    if not wrong:
        yield from catalogue.unknown_settings(model.model_validate(values))


def schema_problems(model: type[StageConfig], values: Mapping[str, Any]) -> Iterator[Problem]:
    """Find unknown and missing settings, and values of a wrong type or out of bounds."""
    try:
        model.model_validate(values)
    except ValidationError as error:
        details = error.errors()
        inner = [detail["loc"] for detail in details]
        for detail in details:
            if not any(_lies_in(other, detail["loc"]) for other in inner):
                yield _translate(model, detail)


def _lies_in(inner: Location, outer: Location) -> bool:
    """Say whether a mistake lies in another, which pydantic then finds too short or empty."""
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _translate(model: type[StageConfig], detail: Mapping[str, Any]) -> Problem:
    """Put one of pydantic's findings into the words of a refusal."""
    where = _place(detail["loc"])
    name = [part for part in detail["loc"] if isinstance(part, str)][-1]
    if detail["type"] == "extra_forbidden":
        names = tuple(_model_at(model, detail["loc"][:-1]).model_fields)
        return Problem(where, "a known setting", f"'{name}'", nearest(name, names))
    if detail["type"] == "missing":
        return Problem(where, "a value", "none", f"Give {name} a value.")
    if detail["type"] == "too_short":
        return Problem(where, "at least one entry", "none", f"Change {name}.")
    message = str(detail["msg"]).removeprefix("Input should be ")
    expected = message[0].lower() + message[1:]
    return Problem(where, expected, shortened(detail["input"]), f"Change {name}.")


def _place(location: Location) -> str:
    """Name a place in settings; grids of a study are counted from 1, as a person does."""
    if len(location) > 1 and location[0] == "grids":
        return f"grid {int(location[1]) + 1}: {_place(location[2:])}".removesuffix(": ")
    return ".".join(map(str, location))


def _model_at(model: type[StageConfig], location: Sequence[str | int]) -> type[StageConfig]:
    """Find the model of the settings that lie at a place in those of another."""
    for part in location:
        field = model.model_fields.get(str(part))
        for kind in (field.annotation, *get_args(field.annotation)) if field else ():
            if isinstance(kind, type) and issubclass(kind, StageConfig):
                model = kind
    return model


def shortened(value: object) -> str:
    """Write a value that cannot be used, long ones in part."""
    form = reprlib.Repr()
    form.maxstring = form.maxother = 120
    return form.repr(value)
