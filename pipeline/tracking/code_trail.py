"""Code that decides a stage's result: what names lead to from the stage's function.

A definition counts if the stage's function reaches it through calls, names and imports. Left out,
by rule, is what cannot change a result:

- docstrings, comments, and the texts of refusals, warnings and log lines;
- settings and errors: settings enter a fingerprint by value;
- registries of inputs (TASKS, BRAINS, BASES): what is read enters as a digest;
- other stages, which are functions that call ``once``: their result enters as the id of its run;
- modules of tracking that talk to MLflow, unless they are stages: they keep what was computed;
- this module and what it is made of: they say what counts, and compute nothing that is kept;
- pages and figures, for every stage but ``report``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from pipeline.tracking.cached_trails import cached_digest
from pipeline.tracking.module_sources import (
    Definition,
    ModuleSource,
    Package,
    names_called,
    names_used,
    statement_text,
)

PACKAGE_FOLDER = Path(__file__).parents[1]
BY_VALUE = ("pipeline.config", "pipeline.errors")
INPUTS = {"pipeline.data", "pipeline.brains", "pipeline.brains.load", "pipeline.models.bases"}
OURSELVES = {f"pipeline.tracking.{name}" for name in ("code_trail", "fingerprints")}
TRACKING, STAGES = "pipeline.tracking.", "pipeline.tracking.stages."
PAGES, REPORT = "pipeline.reporting.", "pipeline.tracking.stages.report."


@cache
def trail_digest(function: Callable[..., object]) -> str:
    """SHA-256 over all code that decides what a stage's function computes."""
    stage = (function.__module__, function.__name__)
    return cached_digest(
        PACKAGE_FOLDER, stage, lambda: digest_from(Package(PACKAGE_FOLDER.parent), stage)
    )


def digest_from(package: Package, stage: Definition) -> str:
    """Sum up the code that a stage's function reaches.

    Parameters
    ----------
    package : Package
    stage : (str, str)
        Module and name of the function.
    """
    digest = hashlib.sha256()
    for place, source in sorted(trail(package, stage).items()):
        for node in source.statements(place[1]):
            text = statement_text(node)
            digest.update(f"{'.'.join(place)} {text}\n".encode())
            if ".j2'" in text:
                for template in source.templates():
                    digest.update(template.read_bytes())
    return digest.hexdigest()


def trail(package: Package, stage: Definition) -> dict[Definition, ModuleSource]:
    """Follow names from a stage's function.

    Returns
    -------
    dict of (str, str) to ModuleSource
        Module and definition, and the module's source; the name is empty for the statements of a
        module that define nothing.
    """
    reporting = stage[0].startswith(REPORT)
    places: dict[Definition, ModuleSource] = {}
    visited: set[Definition] = set()
    waiting = [stage]
    while waiting:
        module, name = waiting.pop()
        source = package.source(module)
        if (module, name) in visited or source is None or not _counts(module, source, reporting):
            continue
        visited.add((module, name))
        if name in source.definitions:
            if (module, name) == stage or not _is_stage(module, source, name):
                places |= {(module, name): source, (module, ""): source}
                waiting += _used(module, source, name)
        elif origins := source.imported.get(name, set()) - {(module, name)}:
            waiting += origins
        elif name and (below := package.source(f"{module}.{name}")):
            waiting += [(f"{module}.{name}", definition) for definition in below.definitions]
    return places


def _counts(module: str, source: ModuleSource, reporting: bool) -> bool:
    if module in INPUTS | OURSELVES or module.startswith(BY_VALUE):
        return False
    if module.startswith(PAGES) and not reporting:
        return False
    bookkeeping = module.startswith(TRACKING) and not module.startswith(STAGES)
    return not (bookkeeping and source.imports("mlflow"))


def _is_stage(module: str, source: ModuleSource, name: str) -> bool:
    return module.startswith(STAGES) and "once" in names_called(source.definitions[name])


def _used(module: str, source: ModuleSource, name: str) -> Iterator[Definition]:
    """List where the names come from that a definition uses, or its module when imported."""
    for node in (source.definitions[name], *source.loose):
        for used in names_used(node):
            if used in source.definitions:
                yield module, used
            yield from source.imported.get(used, ())
