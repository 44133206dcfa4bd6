"""Names of a cell of a study, as its tables carry them, and what its alignment logged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from pipeline.tracking.lineage import Link
from pipeline.tracking.registered import DIGEST, Registered, resolve
from pipeline.tracking.stages.align.aligned import Aligned
from pipeline.words import AS_THEY_ARE, NO_TASK

_DIGITS = 6


def models_of(links: Iterable[Link]) -> dict[str, Registered]:
    """Look the models of links up by URI, bases of one name told apart by their weights.

    Directories of several trainings may be called alike, ``checkpoint-500``: where two of them are
    reported together, the digest of the weights stands behind the name of each.
    """
    models = {link.model: resolve(link.model) for link in links}
    digests: defaultdict[str, set[str]] = defaultdict(set)
    for model in models.values():
        digests[model.names["base"]].add(model.tags.get(DIGEST, ""))
    return {
        uri: _with_digest(model) if len(digests[model.names["base"]]) > 1 else model
        for uri, model in models.items()
    }


def _with_digest(model: Registered) -> Registered:
    digest = model.tags.get(DIGEST, "")[:_DIGITS]  # features of another tool have none
    name = f"{model.names['base']} ({digest})" if digest else model.names["base"]
    return replace(model, tags={**model.tags, "base": name})


def aligned_of(link: Link) -> Aligned:
    """Give the alignment that a link is about."""
    return Aligned(link.align_run, link.extract_run, link.brain, link.simulated)


def sums_of(links: Iterable[Link], models: Mapping[str, Registered]) -> dict[Link, pd.DataFrame]:
    """Read 2v2 summed over pairs of groups, of every alignment that kept them.

    Parameters
    ----------
    links : iterable of Link
    models : mapping of str to Registered
        By URI.

    Returns
    -------
    dict of Link to DataFrame
        The columns of :meth:`Aligned.pair_sums`, and the names of the cell and its modality.
    """
    whole = {link: aligned_of(link).pair_sums() for link in links}
    return {
        link: sums.assign(
            **cell_of(link, models[link.model]), modality=models[link.model].tags["modality"]
        )
        for link, sums in whole.items()
        if not sums.empty
    }


def cell_of(link: Link, registered: Registered) -> dict[str, Any]:
    """Give base, task, method, seed, brain and simulated of a tuned model with a brain dataset."""
    return {**key_of(registered), "brain": link.brain, "simulated": link.simulated}


def key_of(registered: Registered) -> dict[str, Any]:
    """Give base, task, method and seed, a number.

    Models that were not tuned are compared with one another: they share what stands in the place
    of the base, and their names stand in the place of the method.
    """
    names = registered.names
    if is_untuned(registered):
        names = {**names, "base": AS_THEY_ARE, "method": names["base"]}
    return {**names, "seed": int(names["seed"])}


def is_untuned(registered: Registered) -> bool:
    """Say whether a version is a base as it is, or features of another tool."""
    return registered.names["task"] == NO_TASK
