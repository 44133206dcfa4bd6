"""From scores of pairs to a table, and from the table to one number for each ROI."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from pipeline.alignment.contrasts.pair_sums import pair_table
from pipeline.alignment.pairs import Scored
from pipeline.words import DIRECTIONS, Objective

#: What one layer is chosen for: folds of different splits and sources are different folds.
CELL = ("subject", "split", "source", "repeat", "direction", "roi", "fold")

#: Nuisance features are sources of their own; all side by side are the one that others join.
OF_NUISANCE, ALL_NUISANCE = "nuisance/", "nuisance/all"


def score_table(
    scored: Sequence[Scored], rois: Iterable[str], layers: Iterable[str]
) -> pd.DataFrame:
    """Put scores in rows, ordered by direction, ROI, layer and fold: see :func:`align`."""
    places = [{name: n for n, name in enumerate(names)} for names in (DIRECTIONS, rois, layers)]
    ordered = sorted(
        scored,
        key=lambda s: (places[0][s.direction], places[1][s.roi], places[2][s.layer], s.fold),
    )
    return pd.DataFrame([_row(one) for one in ordered])


def summed_pairs(scored: Iterable[Scored]) -> pd.DataFrame:
    """Put 2v2 summed over pairs of stimulus groups in rows: see :func:`pair_table`."""
    return pair_table(((s.direction, s.roi, s.layer, s.fold), s.pair.sums) for s in scored)


def without_attrs(table: pd.DataFrame) -> pd.DataFrame:
    """Return a view of a table without its attrs, which pandas copies in depth at each selection.

    The lists in the attrs of :func:`align` made that half of a small alignment's time.
    """
    return pd.DataFrame(table, copy=False)


def best_layers(scores: pd.DataFrame, objective: Objective = "two_vs_two") -> pd.DataFrame:
    """Keep one layer for each cell, as a direction, ROI and fold: the best inside training folds.

    Parameters
    ----------
    scores : DataFrame
        From :func:`align`; with columns ``subject``, ``split``, ``source`` and ``repeat``
        where there are several: each chooses for itself.
    objective : {'two_vs_two', 'correlation'}
        The inner score that decides; the other decides among equals, then the order of layers.

    Returns
    -------
    DataFrame
        The chosen rows, in the order they had. No test stimulus takes part in the choice, and the
        mean over folds is one honest number per direction, ROI and subject.
    """
    cell = [name for name in CELL if name in scores.columns]
    order = ["inner_two_vs_two", "inner_correlation"]
    if objective == "correlation":
        order.reverse()
    ranked = scores.sort_values(order, ascending=False, kind="stable")
    return ranked.groupby(cell, sort=False).head(1).sort_index()


def mean_within(scores: pd.DataFrame, by: Sequence[str]) -> pd.Series[float]:
    """Average 2v2 accuracy within labels over folds, every pair of stimuli counting the same.

    Parameters
    ----------
    scores : DataFrame
        From :func:`align` or :func:`best_layers`.
    by : sequence of str
        Columns whose combinations get one number each, as direction, roi and layer.

    Returns
    -------
    Series
        Indexed by ``by``. A combination in which no fold has a pair within a label has no
        number, and is left out.
    """
    counted = scores[scores.n_pairs_within > 0]
    points = (counted.two_vs_two_within * counted.n_pairs_within).rename("two_vs_two_within")
    keys = [counted[name] for name in by]
    means: pd.Series[float] = (
        points.groupby(keys, sort=False).sum()
        / counted.n_pairs_within.groupby(keys, sort=False).sum()
    ).rename("two_vs_two_within")
    return means


def unique_part(scores: pd.DataFrame, objective: Objective) -> pd.DataFrame:
    """Say what a model explains beyond all nuisance features.

    Parameters
    ----------
    scores : DataFrame
        Rows of joined bands and of nuisance features for the same folds, told apart by
        a column ``source`` ('both' and 'nuisance'; others are passed over), with the columns
        that tell cells apart: subject, split, repeat, roi, fold.
    objective : {'two_vs_two', 'correlation'}
        The inner score that chose, and chooses the layer here.

    Returns
    -------
    DataFrame
        subject, split, repeat, roi, fold, layer, both, nuisance, unique: 2v2 accuracy of nuisance
        features and layer together, of nuisance features alone, and their difference. The layer
        is the best of 'both' inside the training fold, so the difference may well be negative.
        No rows where there are no nuisance features.
    """
    cell = ["subject", "split", "repeat", "roi", "fold"]
    best = best_layers(scores[scores.source == "both"], objective)
    alone = scores[(scores.source == "nuisance") & (scores.layer == ALL_NUISANCE)]
    paired = best[[*cell, "layer", "two_vs_two"]].merge(
        alone[[*cell, "two_vs_two"]], on=cell, suffixes=("", "_nuisance"), validate="1:1"
    )
    named = paired.rename(columns={"two_vs_two": "both", "two_vs_two_nuisance": "nuisance"})
    return named.assign(unique=named.both - named.nuisance)


def _row(one: Scored) -> dict[str, Any]:
    pair = one.pair
    inner_two_vs_two, inner_correlation = pair.inner[:, pair.position]
    return {
        "direction": one.direction,
        "roi": one.roi,
        "layer": one.layer,
        "fold": one.fold,
        **pair.scores,
        "n_pairs_within": pair.n_pairs_within,
        "alpha": pair.alpha,
        "alpha_absolute": pair.alpha_absolute,
        "alpha_at_border": pair.border is not None,
        "inner_two_vs_two": inner_two_vs_two,
        "inner_correlation": inner_correlation,
        "n_test": pair.n_test,
        "n_train": pair.n_train,
    }
