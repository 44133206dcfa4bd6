"""The names that settings may use, and which of them fit together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.config.stage import StageConfig
from pipeline.errors import Problem, nearest
from pipeline.files.folders import is_folder
from pipeline.words import POOLINGS

BASE_FORMS = (
    "a name in BASES, a directory, or a model of the hub, organisation/name@revision (one of "
    "timm's: timm/name)"
)


@dataclass(frozen=True)
class Languages:
    """What the setting ``languages`` may be.

    Parameters
    ----------
    pattern : str
        A regular expression for the whole of it.
    described : str
        The same in words, for refusals.
    """

    pattern: str
    described: str


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
    settings : frozenset of str
        Settings that not every name of its field knows, and this one does.
    languages : Languages, optional
        What the setting ``languages`` may be; None: anything.
    check : callable, optional
        ``check(config)`` yields what else of the settings does not suit it.
    summary : str
        One line that says what it is.
    """

    modalities: frozenset[str]
    needs_directory: bool = False
    forms: frozenset[str] = frozenset()
    settings: frozenset[str] = frozenset()
    languages: Languages | None = None
    check: Callable[[Any], Iterable[Problem]] | None = None
    summary: str = ""


@dataclass(frozen=True)
class Catalogue:
    """The names in BASES, TASKS, METHODS and BRAINS.

    Parameters
    ----------
    names : mapping
        Field ('base', 'task', 'method', 'brain') -> name -> Listed.
    in_place : bool
        Whether directories that settings name must be there already.
    """

    names: Mapping[str, Mapping[str, Listed]]
    in_place: bool = True

    def problems(self, settings: Mapping[str, Any]) -> Iterator[Problem]:
        """Find unknown names, names that do not fit together, and missing directories."""
        known: dict[str, Listed] = {}
        for field, listed in self.names.items():
            name = settings.get(field)
            if not isinstance(name, str):
                continue  # absent or of a wrong type: the schema says so
            if name in listed:
                known[field] = listed[name]
            elif field == "base" and (is_folder(name) or "/" in name):
                continue  # a directory or a model of the hub; what it is for is read with it
            else:
                expected = BASE_FORMS if field == "base" else f"a name in {field.upper()}S"
                yield Problem(field, expected, f"'{name}'", nearest(name, tuple(listed)))
        yield from _unknown_model(settings, self.names.get("base", {}))
        unfit = tuple(_mismatches(settings, known))
        yield from unfit
        to_change = {problem.where for problem in unfit}
        fitting = {field: entry for field, entry in known.items() if field not in to_change}
        yield from _unfit_forms(settings, fitting)
        yield from _unfit_pooling(settings, known)
        yield from _directories(settings, fitting, self.in_place)

    def settings(self, field: str) -> frozenset[str]:
        """Collect the settings that some names of a field know, and others do not."""
        return frozenset().union(
            *(listed.settings for listed in self.names.get(field, {}).values())
        )

    def knowing(self, field: str, setting: str) -> tuple[str, ...]:
        """List the names of a field that know a setting."""
        names = self.names.get(field, {})
        return tuple(name for name, listed in names.items() if setting in listed.settings)

    def unknown_settings(self, config: StageConfig) -> Iterator[Problem]:
        """Find settings that were changed though what was chosen does not know them."""
        field = config.settings_of
        listed = self.names.get(field, {}).get(getattr(config, field, ""))
        if listed is None:
            return
        who = f"{field} '{getattr(config, field)}'"
        yield from unknown_settings(config, who, listed.settings, self.settings(field))
        allowed, languages = listed.languages, getattr(config, "languages", "")
        if allowed and languages and not re.fullmatch(allowed.pattern, languages):
            expected = f"{allowed.described} for {who}"
            yield Problem("languages", expected, f"'{languages}'", "Change languages.")
        if listed.check is not None:
            yield from listed.check(config)


def families(names: Sequence[str]) -> tuple[str, ...]:
    """Join names that begin alike, as ``pereira2018-384`` and ``-243`` do, into ``pereira2018-*``.

    Where more than ten are left, they are counted.
    """
    first_words = Counter(name.partition("-")[0] for name in names)
    joined = dict.fromkeys(
        f"{word}-*" if first_words[word := name.partition("-")[0]] > 1 and word != name else name
        for name in names
    )
    return tuple(joined) if len(joined) <= 10 else (f"{len(names)} of them",)


def unknown_settings(
    config: StageConfig, who: str, known: frozenset[str], particular: frozenset[str]
) -> Iterator[Problem]:
    """Find settings that were changed though what was chosen does not know them.

    Parameters
    ----------
    config : StageConfig
    who : str
        What was chosen, for the messages: ``brain 'nifti'``.
    known : frozenset of str
        Settings that it knows.
    particular : frozenset of str
        Settings that only some know; the others are not looked at.
    """
    fields = type(config).model_fields
    for name, field in fields.items():
        value = getattr(config, name)
        if name in particular - known and value != field.default:
            listed = ", ".join(setting for setting in fields if setting in known)
            yield Problem(
                name,
                f"a setting that {who} knows ({listed or 'it has none'})",
                f"{name}={value}",
                f"Leave {name} out. Its help: {field.description}",
            )


def _unknown_model(settings: Mapping[str, Any], bases: Mapping[str, Listed]) -> Iterator[Problem]:
    """Find a model that is no version, no base, no directory, and has not the form of a hub's."""
    model = settings.get("model")
    if not isinstance(model, str) or settings.get("features"):
        return  # features of another tool are of a model of any name
    if model not in bases and "/" not in model and not is_folder(model):
        expected = f"models:/<base>-<task>@<method>, {BASE_FORMS}"
        yield Problem("model", expected, f"'{model}'", nearest(model, tuple(bases)))


def _mismatches(settings: Mapping[str, Any], known: Mapping[str, Listed]) -> Iterator[Problem]:
    """Find what is for another modality than the base, or the task where the base is not listed."""
    anchor = next((field for field in ("base", "task") if field in known), None)
    if anchor is None:
        return
    anchor_modalities = known[anchor].modalities
    others = [field for field in ("task", "method", "brain") if field in known and field != anchor]
    unfit = [field for field in others if not anchor_modalities & known[field].modalities]
    if {"task", "brain"} <= set(unfit) and known["task"].modalities & known["brain"].modalities:
        # task and brain agree: it is the base that is wrong
        yield _misfit(settings, known, anchor, "task")
        return
    for field in unfit:
        yield _misfit(settings, known, field, anchor)


def _misfit(
    settings: Mapping[str, Any], known: Mapping[str, Listed], field: str, anchor: str
) -> Problem:
    fits, finding = ("/".join(sorted(known[name].modalities)) for name in (anchor, field))
    return Problem(
        field,
        f"one for {fits}, as {anchor} '{settings[anchor]}' is",
        f"'{settings[field]}', which is for {finding}",
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


def _unfit_pooling(settings: Mapping[str, Any], known: Mapping[str, Listed]) -> Iterator[Problem]:
    if "brain" not in known or "pooling" not in settings:
        return
    of_brain = known["brain"].modalities
    able = {modality: names for modality, names in POOLINGS.items() if modality in of_brain}
    pooling = settings["pooling"]
    elsewhere = [m for m, names in POOLINGS.items() if pooling in names and m not in able]
    if elsewhere and not any(pooling in names for names in able.values()):
        yield Problem(
            "pooling",
            " or ".join(name for names in able.values() for name in names)
            + f" for {'/'.join(able)}, as brain '{settings['brain']}' is",
            f"'{pooling}'",
            "Change pooling.",
        )


def _directories(
    settings: Mapping[str, Any], fitting: Mapping[str, Listed], in_place: bool
) -> Iterator[Problem]:
    for field, directory_field in (("task", "data_dir"), ("brain", "brain_dir")):
        directory = str(settings.get(directory_field) or "")
        needed = field in fitting and fitting[field].needs_directory
        if needed and not directory:
            finding = "none given"
        elif in_place and directory and not is_folder(directory):
            finding = f"'{directory}', which is no directory"
        else:
            continue
        yield Problem(
            directory_field,
            f"an existing directory with the files of {field} '{settings.get(field)}'",
            finding,
            f"Pass {directory_field}=<directory>.",
        )
