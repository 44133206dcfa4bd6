"""Drift of a study's models from their base, from the features that were aligned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from pipeline.alignment.drift import Geometry, drift, geometries
from pipeline.extraction.store import FILE, Origin, read_features, read_origin
from pipeline.tracking.lineage import Link
from pipeline.tracking.registered import Registered
from pipeline.tracking.runs import artifact
from pipeline.tracking.stages.report.cells import key_of

BASE = "base"


def drift_table(links: Sequence[Link], models: Mapping[str, Registered]) -> pd.DataFrame:
    """Compare every model's features for a brain dataset's stimuli with those of its base.

    Parameters
    ----------
    links : sequence of Link
    models : mapping of str to Registered
        By URI.

    Returns
    -------
    DataFrame
        base, task, method, seed, brain, layer, cka, rsa. No rows where a base was not aligned.

    Raises
    ------
    DataError
        Features that a run logged are damaged.
    """
    references: dict[tuple[str, str], tuple[Origin, Mapping[str, Geometry]]] = {}
    for link in links:
        place = models[link.model].tags["base"], link.brain
        is_base = models[link.model].tags["method"] == BASE
        if is_base and link.extract_run and place not in references:
            path, origin = _features(link)
            references[place] = origin, geometries(read_features(path, origin))
    tables = [pd.DataFrame()]
    for link in links:
        registered = models[link.model]
        reference = references.get((registered.tags["base"], link.brain))
        if reference is None or not link.extract_run or registered.tags["method"] == BASE:
            continue
        of_base, base = reference
        path, origin = _features(link)
        if _of_same(origin, of_base):
            cell = {**key_of(registered), "brain": link.brain}
            own = geometries(read_features(path, origin))
            tables.append(drift(base, own).assign(**cell))
    return pd.concat(tables, ignore_index=True)


def _of_same(one: Origin, other: Origin) -> bool:
    """Say whether features of two models are of the same stimuli, pooled and read alike."""
    return replace(one, model=other.model) == other


def _features(link: Link) -> tuple[Path, Origin]:
    """Fetch features, and read what they were made from."""
    path = artifact(link.extract_run, FILE)
    return path, read_origin(path)
