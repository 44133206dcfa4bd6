"""Noise ceilings beside 2v2 accuracies, and how much of the way to them a model goes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pandas as pd

from pipeline.reporting.table import CHANCE
from pipeline.reporting.views import View
from pipeline.words import ACROSS_SUBJECTS, EXTRAPOLATED, SIGNAL, SPLIT_HALF

#: Kinds of ceiling, the one that is drawn and divided by first, and what is to be known of each.
KINDS = {
    SIGNAL: "Signal ceiling: the noiseless signal of the simulation predicts the responses.",
    EXTRAPOLATED: (
        "Extrapolated ceiling: what ridge from infinitely many other subjects would reach, from "
        "pools of 1, 2, 4, … of them (Schrimpf et al. 2021). It is an upper bound."
    ),
    ACROSS_SUBJECTS: (
        "Across-subjects ceiling: ridge from the other subjects' same ROI. It is a lower bound: "
        "others are noisy, and few."
    ),
}
#: A ceiling whose p value over subjects is larger is not told from chance.
LEVEL = 0.05
RELIABILITY = (
    "Split-half reliability: one half of the repeats predicts the other. It is no ceiling: a good "
    "model of the mean over all repeats may exceed it."
)

#: Kind -> ROI -> 2v2 accuracy, mean over subjects.
Ceilings = dict[str, dict[str, float]]


@dataclass(frozen=True)
class DrawnCeiling:
    """The one ceiling of a view that is drawn, and that scores are divided by.

    Parameters
    ----------
    kind : str
        Empty where no ceiling is known.
    by_roi : mapping of str to float
        ROI -> 2v2 accuracy.
    lower : mapping of str to float
        ROI -> lower bound, where the ceiling is an upper one.
    """

    kind: str = ""
    by_roi: Mapping[str, float] = field(default_factory=dict)
    lower: Mapping[str, float] = field(default_factory=dict)


def drawn_ceiling(view: View, ceilings: pd.DataFrame) -> DrawnCeiling:
    """Choose the ceiling of a view: the first of :data:`KINDS` that is known."""
    known = ceilings_of(view, ceilings)
    if not known:
        return DrawnCeiling()
    kind, by_roi = next(iter(known.items()))
    lower = known.get(ACROSS_SUBJECTS, {}) if kind == EXTRAPOLATED else {}
    return DrawnCeiling(kind, by_roi, lower)


def rois_at_chance(view: View, ceilings: pd.DataFrame, kind: str) -> frozenset[str]:
    """Name the ROIs whose ceiling is not told from chance over all subjects.

    Parameters
    ----------
    view : View
    ceilings : DataFrame
        As ``StudyResults.ceilings``.
    kind : str
        An extrapolated ceiling is tested by what it is extrapolated from.

    Notes
    -----
    Twice the median over subjects is a p value whatever their dependence (Rüger 1978). A ceiling
    that was not tested is none of these.
    """
    if ceilings.empty:
        return frozenset()
    tested = ACROSS_SUBJECTS if kind == EXTRAPOLATED else kind
    rows = view.rows_of(ceilings)
    by_roi = rows[rows["kind"] == tested].groupby("roi")["p"]
    together = by_roi.median() * by_roi.count().clip(upper=2)
    return frozenset(map(str, together.index[together > LEVEL]))


def ceilings_of(view: View, ceilings: pd.DataFrame) -> Ceilings:
    """Give the ceilings of each ROI in a view, mean over subjects; empty if unknown."""
    return _means_of(view, ceilings, tuple(KINDS))


def reliability_of(view: View, ceilings: pd.DataFrame) -> dict[str, float]:
    """Give the split-half reliability of each ROI in a view; empty if unknown."""
    return _means_of(view, ceilings, (SPLIT_HALF,)).get(SPLIT_HALF, {})


def _means_of(view: View, ceilings: pd.DataFrame, kinds: tuple[str, ...]) -> Ceilings:
    if ceilings.empty:
        return {}
    means = view.rows_of(ceilings).groupby(["kind", "roi"], sort=False)["two_vs_two"].mean()
    by_kind: Ceilings = {}
    for (kind, roi), mean in means.items():
        by_kind.setdefault(str(kind), {})[str(roi)] = float(mean)
    return {kind: by_kind[kind] for kind in kinds if kind in by_kind}


def fraction_of_ceiling(accuracy: pd.Series, ceiling: pd.Series) -> pd.Series:
    """Say how far accuracies go from chance to their ceiling.

    Parameters
    ----------
    accuracy, ceiling : Series of float
        2v2 accuracies of the same cells; chance is 0.5.

    Returns
    -------
    Series of float
        ``(accuracy - 0.5) / (ceiling - 0.5)``: 0 at chance, 1 at the ceiling, below 0 and above
        1 as it comes, never clipped. NaN where the ceiling is unknown, or is at or below chance:
        there is no fraction of nothing.

    Notes
    -----
    The quotient ``accuracy / ceiling`` would give a model at chance most of the ceiling.
    """
    room = (ceiling - CHANCE).where(ceiling > CHANCE)
    return (accuracy - CHANCE) / room


def fraction_note(kind: str, ceilings: Mapping[str, float], at_chance: Collection[str]) -> str:
    """Explain the column of fractions, and name the ROIs that have none."""
    without = [roi for roi, value in ceilings.items() if value <= CHANCE or roi in at_chance]
    left_out = (
        f" Without {', '.join(without)}: there the ceiling is not above chance." if without else ""
    )
    return (
        f"Of ceiling: (accuracy \u2212 0.5) / ({kind} ceiling \u2212 0.5), summed over ROIs before "
        f"dividing, and not clipped.{left_out}"
    )
