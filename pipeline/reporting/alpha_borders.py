"""Shares of chosen alphas that lie on the border of those tried."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from pipeline.reporting.views import View

SETTING = "chosen alphas on the border of those tried"
#: From this share on a reader is warned.
LARGE = 0.25


def border_warning(views: Iterable[View], brain_scores: pd.DataFrame) -> str:
    """Warn of views in which many alphas were chosen at the border.

    Parameters
    ----------
    views : iterable of View
        Of one brain dataset.
    brain_scores : DataFrame
        Every row rests on one chosen alpha.

    Returns
    -------
    str
        Empty where the share is small in all of them.
    """
    sentences = []
    for view in views:
        at_border = view.rows_of(brain_scores)["alpha_at_border"].astype(bool)
        if at_border.mean() >= LARGE:
            sentences.append(
                f"{at_border.sum():,} of {len(at_border):,} ({percent(at_border.mean())}) when "
                f"{view.direction} with {view.whose} in {view.split} folds"
            )
    if not sentences:
        return ""
    return (
        "Many of the chosen alphas are the smallest or the largest of those tried: "
        f"{'; '.join(sentences)}. A better one may lie outside, and accuracies may be too low; at "
        "the largest, accuracy often no longer changes with alpha. Align with a smaller alpha_low, "
        "a larger alpha_high, or more trials: of few, the outermost are a large share."
    )


def border_shares(brain_scores: pd.DataFrame) -> dict[str, str]:
    """Say for each brain dataset how often alpha was chosen at the border, by direction."""
    shares = brain_scores.assign(at_border=brain_scores["alpha_at_border"].astype(bool))
    return {
        str(brain): ", ".join(
            f"{direction} {percent(share)}"
            for direction, share in rows.groupby("direction", sort=False)["at_border"]
            .mean()
            .items()
        )
        for brain, rows in shares.groupby("brain", sort=False)
    }


def percent(share: float) -> str:
    """Write ``17 %``."""
    return f"{100 * share:.0f} %"
