"""One family of differences, measured in many ways: a table of all, and one test of them at once.

A specification curve (Simonsohn, Simmons and Nelson 2020): the same contrast by other poolings,
widths, folds and so on. No single one is picked: the statistic is the median over all of them of
the mean difference over subjects, and its null flips the signs of subjects, the same in every
specification, since these share data.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from pipeline.alignment.contrasts.compared_pairs import PRIMARY
from pipeline.alignment.contrasts.sign_flip import MOST_EXACT, N_DRAWN, least_p
from pipeline.alignment.contrasts.table import Contrasts

PLACE = ["modality", "brain", "simulated", "direction"]


def specification_p(differences: ArrayLike) -> float:
    """Test all specifications at once against differences that are symmetric about 0, two-sided.

    Parameters
    ----------
    differences : array_like, shape (n_specifications, n_subjects)

    Returns
    -------
    float
        Share of the ways to flip subjects' signs whose absolute median over specifications is at
        least that observed.
    """
    values = np.asarray(differences, dtype=np.float64)
    n_subjects = values.shape[1]
    if n_subjects <= MOST_EXACT:
        signs = np.array(list(itertools.product((1.0, -1.0), repeat=n_subjects)))
    else:
        rng = np.random.default_rng(0)
        drawn = rng.choice((1.0, -1.0), size=(N_DRAWN, n_subjects))
        signs = np.vstack([np.ones(n_subjects), drawn])
    medians = np.abs(np.median(signs @ values.T / n_subjects, axis=1))
    # medians that are equal but for rounding are equal
    return float(np.mean(medians >= medians[0] * (1 - 1e-12)))


def specification_table(contrasts_by_name: Mapping[str, Contrasts]) -> pd.DataFrame:
    """Put the mean over the primary family in each specification below each other.

    Parameters
    ----------
    contrasts_by_name : mapping of str to Contrasts
        By the name of the specification.

    Returns
    -------
    DataFrame
        modality, brain, simulated, direction, specification, difference, low, high, reason,
        n_cells, p_joint and least_p_joint, of all specifications of a row's place at once. Of
        several splits in one specification the first counts. No rows without a primary family.
    """
    rows, subjects = [], []
    for name, contrasts in contrasts_by_name.items():
        if contrasts.families.empty:
            continue
        first = contrasts.families.drop_duplicates(PLACE)
        rows.append(first.assign(specification=name))
        own = contrasts.subjects[contrasts.subjects.family == PRIMARY]
        own = own.merge(first[[*PLACE, "split"]], on=[*PLACE, "split"])
        means = own.groupby([*PLACE, "subject"], sort=False).difference.mean().reset_index()
        subjects.append(means.assign(specification=name))
    if not rows:
        return pd.DataFrame()
    tested = pd.DataFrame([_tested(*place) for place in pd.concat(subjects).groupby(PLACE)])
    columns = [*PLACE, "specification", "difference", "low", "high", "reason", "n_cells"]
    return pd.concat(rows, ignore_index=True)[columns].merge(tested, on=PLACE)


def _tested(place: tuple[object, ...], means: pd.DataFrame) -> dict[str, object]:
    wide = means.pivot_table(index="specification", columns="subject", values="difference")
    common = wide.dropna(axis=1).to_numpy()
    p = {"p_joint": specification_p(common), "least_p_joint": least_p(common.shape[1])}
    return {**dict(zip(PLACE, place, strict=True)), **p}
