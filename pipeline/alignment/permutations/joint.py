"""Tests from stored null scores: of single cells, and over all subjects and ROIs at once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.alignment.permutations.null_vectors import p_value


def cell_p_values(nulls: pd.DataFrame) -> pd.DataFrame:
    """Test every subject, direction and ROI.

    Parameters
    ----------
    nulls : DataFrame
        subject, direction, roi, permutation (0: the stimuli as they were) and two_vs_two.

    Returns
    -------
    DataFrame
        subject, direction, roi, observed, null_mean, null_95 (the 95th percentile), p and
        permutations (how many).
    """
    rows = []
    for place, cell in nulls.groupby(["subject", "direction", "roi"], sort=False):
        scores = cell.sort_values("permutation").two_vs_two.to_numpy(dtype=np.float64)
        observed, null = scores[0], scores[1:]
        chance = null.mean(), np.quantile(null, 0.95)
        rows.append((*place, observed, *chance, p_value(observed, null), len(null)))
    columns = ["subject", "direction", "roi", "observed", "null_mean", "null_95", "p"]
    return pd.DataFrame(rows, columns=[*columns, "permutations"])


def joint_p_values(nulls: pd.DataFrame) -> pd.DataFrame:
    """Test the mean over subjects of every direction and ROI, and the largest over ROIs.

    Parameters
    ----------
    nulls : DataFrame
        subject, direction, roi, permutation (0: the stimuli as they were) and two_vs_two. A
        permutation has one number in all cells of a subject.

    Returns
    -------
    DataFrame
        direction, roi, observed, null_95, low and high (within which 95 % of the null scores lie),
        permutations (how many), p and p_family: the share of permutations whose mean
        over subjects is as high, in this ROI, and in any ROI of this direction (a maximum
        statistic: the family-wise error rate is held over ROIs). Each ROI's mean is compared less
        the mean of its null distribution, so that no ROI decides for all. No rows without nulls.

    Notes
    -----
    The hypothesis refuted is that no subject's responses have to do with the features. Subjects
    who saw the same stimuli are exchanged alike, so what they share stays in the null.
    """
    rows = []
    for direction, cells in nulls.groupby("direction", sort=False):
        means = cells.pivot_table(
            index="permutation", columns="roi", values="two_vs_two", aggfunc="mean", sort=False
        ).sort_index()
        values = means.to_numpy(dtype=np.float64)
        observed, null = values[0], values[1:]
        centres = null.mean(axis=0)
        largest = (null - centres).max(axis=1)
        for place, roi in enumerate(means.columns):
            low, null_95, high = np.quantile(null[:, place], [0.025, 0.95, 0.975])
            rows.append(
                {
                    "direction": direction,
                    "roi": roi,
                    "observed": observed[place],
                    "null_95": null_95,
                    "low": low,
                    "high": high,
                    "permutations": len(null),
                    "p": p_value(observed[place], null[:, place]),
                    "p_family": p_value(observed[place] - centres[place], largest),
                }
            )
    columns = ["direction", "roi", "observed", "null_95", "low", "high"]
    return pd.DataFrame(rows, columns=[*columns, "permutations", "p", "p_family"])
