"""The band in which accuracies of unrelated models lie, for figures and their captions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import fmean

import pandas as pd

from pipeline.reporting.table import number
from pipeline.reporting.views import View


@dataclass(frozen=True)
class ChanceBand:
    """Where the mean over subjects of unrelated models lies 95 times in 100.

    Parameters
    ----------
    by_roi : mapping of str to (float, float)
        ROI -> low and high, the widest of all models; empty where unknown.
    permuted : bool
        Whether stimulus groups were exchanged; else the band is counted, and rather too wide.
    """

    by_roi: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    permuted: bool = False

    @property
    def caption(self) -> str:
        """What a figure says of it; nothing where there is none."""
        if not self.by_roi:
            return ""
        return f" Shaded: where 95 % of unrelated models would lie ({self._by})."

    @property
    def of_mean(self) -> tuple[float, float] | None:
        """Low and high for the mean over ROIs as if all erred alike, which is rather too wide."""
        if not self.by_roi:
            return None
        lows, highs = zip(*self.by_roi.values(), strict=True)
        return fmean(lows), fmean(highs)

    @property
    def caption_of_mean(self) -> str:
        """What a figure of means over ROIs says of it, be it in view or below."""
        if self.of_mean is None:
            return " Chance is 0.5."
        low, high = map(number, self.of_mean)
        lie = f"95 % of unrelated models would lie from {low} to {high} ({self._by})"
        return f" Chance is 0.5; {lie}, shaded where it is in view."

    @property
    def _by(self) -> str:
        return "by permutations" if self.permuted else "by the number of stimulus groups"


def chance_band(view: View, chance: pd.DataFrame) -> ChanceBand:
    """Select the chance band of a view.

    Parameters
    ----------
    view : View
    chance : DataFrame
        As ``StudyResults.chance``; may be empty.
    """
    rows = view.rows_of(chance) if not chance.empty else chance
    if rows.empty:
        return ChanceBand()
    widest = rows.groupby("roi", sort=False).agg(low=("low", "min"), high=("high", "max"))
    by_roi = {str(row.Index): (float(row.low), float(row.high)) for row in widest.itertuples()}
    return ChanceBand(by_roi, bool((rows["permutations"] > 0).all()))
