"""The names that settings may use, and which of them fit together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import Problem, nearest


@dataclass(frozen=True)
class Listed:
    """What the settings need to know of a registered name.

    Parameters
    ----------
    modalities : frozenset of str
        'text', 'image' or both.
    needs_directory : bool
        Whether files must be pointed to.
    forms : frozenset of str
        Forms of task that a task has, or a method can be asked for; empty where it has no meaning.
    """

    modalities: frozenset[str]
    needs_directory: bool = False
    forms: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Catalogue:
    """The names in BASES, TASKS, METHODS and BRAINS.

    Parameters
    ----------
    names : mapping
        Field ('base', 'task', 'method', 'brain') -> name -> Listed.
    """

    names: Mapping[str, Mapping[str, Listed]]

    def problems(self, settings: Mapping[str, Any]) -> Iterator[Problem]:
        """Find unknown names, names that do not fit together, and missing directories."""
        known: dict[str, Listed] = {}
        for field, listed in self.names.items():
            name = settings.get(field)
            if not isinstance(name, str):
                continue  # absent or of a wrong type: the schema says so
            if name in listed:
                known[field] = listed[name]
            elif field == "base" and (Path(name).expanduser().is_dir() or "/" in name):
                continue  # a directory or a model of the hub; what it is for is read with it
            else:
                yield Problem(
                    field, f"a name in {field.upper()}S", f"'{name}'", nearest(name, tuple(listed))
                )
        yield from _mismatches(settings, known)
        yield from _unfit_forms(settings, known)
        yield from _directories(settings, known)


def _mismatches(settings: Mapping[str, Any], known: Mapping[str, Listed]) -> Iterator[Problem]:
    anchor = next((field for field in ("base", "task") if field in known), None)
    for field in ("task", "method", "brain"):
        if anchor is None or field == anchor or field not in known:
            continue
        wanted = known[anchor].modalities
        if not wanted & known[field].modalities:
            yield Problem(
                field,
                f"one for {'/'.join(sorted(wanted))}, as {anchor} '{settings[anchor]}' is",
                f"'{settings[field]}', which is for {'/'.join(sorted(known[field].modalities))}",
                f"Change {field} or {anchor}.",
            )


def _unfit_forms(settings: Mapping[str, Any], known: Mapping[str, Listed]) -> Iterator[Problem]:
    if not {"task", "method"} <= known.keys():
        return
    task, method = known["task"], known["method"]
    if task.modalities & method.modalities and not task.forms & method.forms:
        yield Problem(
            "method",
            f"one for a task of {'/'.join(sorted(task.forms))}, as '{settings['task']}' is",
            f"'{settings['method']}', which is for {', '.join(sorted(method.forms))}",
            "Change method or task.",
        )


def _directories(settings: Mapping[str, Any], known: Mapping[str, Listed]) -> Iterator[Problem]:
    for field, directory_field in (("task", "data_dir"), ("brain", "brain_dir")):
        given = str(settings.get(directory_field) or "")
        needed = field in known and known[field].needs_directory
        if needed and not given:
            found = "none given"
        elif given and not Path(given).expanduser().is_dir():
            found = f"'{given}', which is no directory"
        else:
            continue
        yield Problem(
            directory_field,
            f"an existing directory with the files of {field} '{settings.get(field)}'",
            found,
            f"Pass {directory_field}=<directory>.",
        )
