"""Refusals of models and studies that a command names and the store does not have."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from pipeline.errors import ConfigError, Problem, RegistryError, nearest
from pipeline.models.bases import Base, find_base

SCHEME = "models:/"
ANOTHER_STUDY = "Leave study out to report the latest study that is ready."


def named_base(model: str) -> Base:
    """Find the base that is named in the place of a registered version.

    Raises
    ------
    ConfigError
        There is none.
    """
    try:
        return find_base(model)
    except ConfigError as error:
        (problem,) = error.problems
        expected = f"{SCHEME}<base>-<task>@<method>, or a base: {problem.expected}"
        raise ConfigError(Problem("model", expected, problem.found, problem.remedy)) from error


def parts_of(uri: str) -> tuple[str, Literal["@", "/"], str]:
    """Take a URI apart: the name of a model, and '@' with its alias or '/' with its version.

    Raises
    ------
    RegistryError
        It is of another form.
    """
    parts = re.fullmatch(r"models:/([^@/]+)([@/])(.+)", uri)
    if parts is None:
        expected = f"{SCHEME}<name>@<alias> or {SCHEME}<name>/<version>"
        raise RegistryError(Problem("model", expected, f"'{uri}'", "Correct it."))
    name, sign, which = parts.groups()
    return name, "@" if sign == "@" else "/", which


def no_model(name: str, known: Collection[str]) -> RegistryError:
    """Say that no model of a name is registered."""
    remedy = nearest(name, tuple(known)) if known else "Nothing is registered yet: run tune first."
    return RegistryError(Problem("model", "a registered model", f"'{name}'", remedy))


def no_version(
    name: str,
    sign: Literal["@", "/"],
    which: str,
    aliases: Collection[str],
    versions: Collection[str],
) -> RegistryError:
    """Say that a model has no such alias, or no such version."""
    expected = f"an existing {'alias' if sign == '@' else 'version'} of {name}"
    if sign == "@" and not aliases:  # a base as it is, and features of another tool
        uris = ", ".join(f"{SCHEME}{name}/{version}" for version in sorted(versions, key=int))
        remedy = f"It has no aliases. Name a version: {uris or 'of which there is none either'}."
    else:
        remedy = nearest(which, tuple(aliases if sign == "@" else versions))
    return RegistryError(Problem("model", expected, f"'{which}'", remedy))


def no_study(study: str) -> RegistryError:
    """Say that the store has no run of an id."""
    finding = f"'{study}', which this store does not have"
    return RegistryError(Problem("study", "the run id of a study", finding, ANOTHER_STUDY))


def no_studies() -> RegistryError:
    """Say that no study has come so far that there is something to report."""
    remedy = "Run one first: mlflow run . -P study=studies/demo.yaml --env-manager local"
    expected = "a study with aligned models in this store"
    return RegistryError(Problem("study", expected, "none", remedy))
