"""Differences between the methods of a study, from the pair sums of its align runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from pipeline.alignment.contrasts.specifications import specification_table
from pipeline.alignment.contrasts.table import Contrasts, contrast_tables
from pipeline.alignment.score_tables import ALL_NUISANCE, OF_NUISANCE
from pipeline.config import contrasts_of
from pipeline.tracking.lineage import Link
from pipeline.tracking.registered import Registered
from pipeline.tracking.stages.report.cells import aligned_of, cell_of
from pipeline.tuning.methods import METHODS
from pipeline.words import FEATURE_CONTROLS, MODEL, NUISANCE


def method_contrasts(
    links: Sequence[Link], models: Mapping[str, Registered], margin: float, family: str
) -> Contrasts:
    """Compare methods, and features of no model; nothing of alignments without pair sums."""
    tables: list[pd.DataFrame] = []
    with_nuisance = set()
    for link in links:
        registered = models[link.model]
        sums = aligned_of(link).pair_sums()
        if sums.empty:
            continue
        cell = {**cell_of(link, registered), "modality": registered.tags["modality"]}
        tables.append(sums[sums.source == MODEL].assign(**cell))
        place = cell["base"], cell["task"], link.brain
        if place not in with_nuisance:  # they are the same beside every model
            with_nuisance.add(place)
            for control in FEATURE_CONTROLS:
                layer = ALL_NUISANCE if control == NUISANCE else f"{OF_NUISANCE}{control}"
                alone = sums[(sums.source == NUISANCE) & (sums.layer == layer)]
                tables.append(alone.assign(**{**cell, "method": control, "seed": 0}))
    if not tables:
        return Contrasts(*[pd.DataFrame()] * 4)
    prompts = [name for name, method in METHODS.items() if method.trains_prompts_only]
    sums = pd.concat(tables, ignore_index=True)
    return contrast_tables(sums, prompts, margin, contrasts_of(family))


def specifications(
    declared: Contrasts,
    specified: Sequence[Link],
    models: Mapping[str, Registered],
    margin: float,
    family: str,
) -> pd.DataFrame:
    """Compare the family in every specification, the declared one first; none without others."""
    if not specified:
        return pd.DataFrame()
    by_name: dict[str, list[Link]] = {}
    for link in specified:
        by_name.setdefault(link.specification, []).append(link)
    others = {name: method_contrasts(own, models, margin, family) for name, own in by_name.items()}
    return specification_table({"": declared, **others})
