"""Values that a setting cannot have, made from the config models themselves."""

import math
from collections.abc import Iterator
from typing import get_args

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from pipeline.config import StageConfig
from pipeline.tracking.catalogue import catalogue

NO_NUMBER = ("ten", "nan", "inf", "-inf", "1e400", "1,5", "")
HUGE = str(10**19)
TOO_LONG = "x" * 20_000
NO_BOOLEAN = ("perhaps", "2", "")
DIRECTORIES = ("data_dir", "brain_dir")


def bad_values(model: type[StageConfig], name: str) -> Iterator[str]:
    """Give words that the command line must refuse for a setting."""
    field = model.model_fields[name]
    choices = get_args(field.annotation)
    if field.annotation is bool:
        yield from NO_BOOLEAN
    elif field.annotation in (int, float):
        yield from NO_NUMBER
        yield f"-{HUGE}"
        if float(HUGE) > bounds(field)[1]:
            yield HUGE
        yield from _beyond(field)
        if field.annotation is int:
            yield "1.5"
    elif choices:
        yield from ("nobody", f"{choices[-1]} ", str(choices[-1]).upper() + "S")
        if "" not in choices:
            yield ""
    else:
        yield from _bad_texts(name, field)


def _beyond(field: FieldInfo) -> Iterator[str]:
    """Step just over each bound of a number."""
    step = 1 if field.annotation is int else 1e-9
    for bound in field.metadata:
        match bound:
            case Ge(ge=least):
                yield str(least - step)
            case Le(le=most):
                yield str(most + step if field.annotation is int else most * 1.001)
            case Gt(gt=least):
                yield str(least)
            case Lt(lt=most):
                yield str(most)


def _bad_texts(name: str, field: FieldInfo) -> Iterator[str]:
    yield TOO_LONG
    if field.is_required():
        yield ""
    if name in catalogue().names:
        yield from ("nobody", " ", "ünbekannt", "--" * 3)
    if name in DIRECTORIES:
        yield from ("no/such/folder", "sound.txt")
    if any(getattr(part, "pattern", None) for part in field.metadata):
        yield from ("nobody", "models:/", "models:/a@b@c")


def bounds(field: FieldInfo) -> tuple[float, float]:
    """Give the smallest and the largest value of a number, infinite where there is none."""
    lower = [getattr(part, "ge", getattr(part, "gt", None)) for part in field.metadata]
    upper = [getattr(part, "le", getattr(part, "lt", None)) for part in field.metadata]
    least = max((bound for bound in lower if bound is not None), default=-math.inf)
    return least, min((bound for bound in upper if bound is not None), default=math.inf)
