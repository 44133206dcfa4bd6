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
from pipeline.tracking.stages.report.cells import sums_of
from pipeline.tuning.methods import PROMPT_METHODS
from pipeline.words import FEATURE_CONTROLS, MODEL, NUISANCE


def method_contrasts(sums: Mapping[Link, pd.DataFrame], margin: float, family: str) -> Contrasts:
    """Compare methods, and features of no model, by sums over pairs of groups.

    Parameters
    ----------
    sums : mapping of Link to DataFrame
        As :func:`pipeline.tracking.stages.report.cells.sums_of` reads them.
    margin : float
        Differences in 2v2 accuracy within ± this count as none.
    family : str
        The primary family, as in :class:`pipeline.config.ReportConfig`.
    """
    tables: list[pd.DataFrame] = []
    with_nuisance = set()
    for link, own in sums.items():
        tables.append(own[own.source == MODEL])
        place = (*own[["base", "task"]].iloc[0], link.brain)
        if place not in with_nuisance:  # they are the same beside every model
            with_nuisance.add(place)
            for control in FEATURE_CONTROLS:
                layer = ALL_NUISANCE if control == NUISANCE else f"{OF_NUISANCE}{control}"
                alone = own[(own.source == NUISANCE) & (own.layer == layer)]
                tables.append(alone.assign(method=control, seed=0))
    if not tables:
        return Contrasts(*[pd.DataFrame()] * 4)
    return contrast_tables(
        pd.concat(tables, ignore_index=True), PROMPT_METHODS, margin, contrasts_of(family)
    )


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
    others = {
        name: method_contrasts(sums_of(own, models), margin, family)
        for name, own in by_name.items()
    }
    return specification_table({"": declared, **others})
