"""The maximum statistic of a family: its error rate, its limits, and where it is sharper."""

import numpy as np
import pytest

from pipeline.alignment.contrasts import families
from pipeline.alignment.contrasts.estimate import estimate
from pipeline.alignment.contrasts.families import holm, maximum_p, moves
from pipeline.alignment.contrasts.paired import Paired

N_SUBJECTS, N_GROUPS = 6, 40


def family(rng, n_cells, shared):
    """Draw cells of no difference; ``shared`` is the share of variance that all have in common."""
    subject, group = (
        np.sqrt(shared) * rng.standard_normal(size) for size in (N_SUBJECTS, N_GROUPS)
    )
    rest = np.sqrt(1 - shared)
    cells = []
    for _ in range(n_cells):
        by_subject = subject + rest * rng.standard_normal(N_SUBJECTS)
        by_group = group + rest * rng.standard_normal(N_GROUPS)
        values = by_subject[:, None] + 3 * by_group + rng.standard_normal((N_SUBJECTS, N_GROUPS))
        means = values.mean(axis=1)
        names = [tuple(f"{n:02d}" for n in range(size)) for size in (N_SUBJECTS, N_GROUPS)]
        influence = (values - means[:, None])[None]
        cells.append(Paired(("0",), *names, means[None], influence))
    return cells


def corrected(cells):
    estimates = [estimate(cell) for cell in cells]
    return maximum_p(cells, estimates), np.array([one.p() for one in estimates])


def test_a_family_of_one_is_its_own_test(rng):
    cells = family(rng, 1, 0.5)
    (p,), (alone,) = corrected(cells)
    assert p == pytest.approx(alone, abs=0.01)


def test_equal_cells_lose_nothing_and_independent_ones_as_by_sidak(rng):
    (cell,) = family(rng, 1, 0.0)
    p, alone = corrected([cell] * 5)
    np.testing.assert_allclose(p, alone, atol=0.01)
    apart = family(rng, 5, 0.0)
    p, alone = corrected(apart)
    assert (p >= alone - 0.01).all()
    assert (p <= np.minimum(1, 5 * alone) + 0.02).all()


def test_correlations_of_estimates_are_those_of_what_moves_them(rng):
    """Over 400 families the estimates of two cells correlate as their shares say."""
    differences, predicted = [], []
    for _ in range(400):
        cells = family(rng, 2, 0.6)
        differences.append([cell.difference.mean() for cell in cells])
        rows = moves(cells)
        predicted.append(rows[0] @ rows[1])
    assert np.mean(predicted) == pytest.approx(
        np.corrcoef(np.transpose(differences))[0, 1], abs=0.1
    )


def test_any_false_positive_of_a_family_comes_one_time_in_twenty_and_sooner_than_by_holm(
    monkeypatch,
):
    monkeypatch.setattr(families, "N_DRAWN", 1000)
    monkeypatch.setattr(families, "N_QUANTILES", 200)
    rng = np.random.default_rng(1)
    smallest, by_holm = [], []
    for _ in range(200):
        p, alone = corrected(family(rng, 8, 0.8))
        smallest.append(p.min())
        by_holm.append(holm(alone).min())
    assert 0.01 <= np.mean(np.array(smallest) <= 0.05) <= 0.1
    assert np.mean(smallest) < np.mean(by_holm)


def test_no_cell_has_no_p_value():
    assert maximum_p([], []).shape == (0,)
