"""Paths of versions: from a base to its fully tuned version, and on the way of a training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.tracking.registered import Registered, versions_with
from pipeline.tracking.registry import is_undamaged
from pipeline.tracking.stages.tune.on_the_way import STEP, versions_on_the_way
from pipeline.words import PathKind

ALPHA, TOWARDS = "alpha", "interpolates"  # tags of a version between a base and a tuned one


@dataclass(frozen=True)
class Point:
    """A version on a path.

    Parameters
    ----------
    path : 'alpha' or 'step'
        Between a base and its fully tuned version, or on the way of a training.
    place : float
        The alpha, or after how many optimiser steps.
    version : Registered
    """

    path: PathKind
    place: float
    version: Registered


def path_of(registered: Registered) -> list[Point]:
    """List the undamaged versions on the path that a version belongs to, in order; often none.

    Parameters
    ----------
    registered : Registered
        What a method came to: the best of the versions between base and full, which is on their
        path itself, or the end of a training, which stands beside the versions on its way.
    """
    points = _between(registered) if TOWARDS in registered.tags else _on_the_way(registered)
    return [point for point in points if is_undamaged(point.version)]


def _between(registered: Registered) -> Iterator[Point]:
    """Yield the newest version of each alpha towards the same fully tuned version."""
    tags = {name: registered.tags[name] for name in (TOWARDS, "seed", "data_digest")}
    every = versions_with(registered.name, tags)
    newest = {float(v.tags[ALPHA]): v for v in sorted(every, key=lambda v: int(v.version))}
    newest[float(registered.tags[ALPHA])] = registered
    yield from (Point("alpha", alpha, newest[alpha]) for alpha in sorted(newest))


def _on_the_way(registered: Registered) -> Iterator[Point]:
    for version in versions_on_the_way(registered.name, registered.run_id):
        yield Point("step", float(version.tags[STEP]), version)
