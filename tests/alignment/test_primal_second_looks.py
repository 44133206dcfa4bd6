"""Alphas that the primal side chooses after float32, against float64 throughout."""

import numpy as np
import pytest
from noisy_columns import noisy_columns

from pipeline.alignment.folds import Fold, NestedFold
from pipeline.alignment.kernel.grams import z_scored
from pipeline.alignment.pairs import FoldTask
from pipeline.alignment.primal import curves
from pipeline.alignment.primal.arrays import FoldArray
from pipeline.alignment.primal.inner_folds import PrimalFold
from pipeline.alignment.primal.scores import score_by_columns

N = 160
TRAIN, TEST = np.arange(40, N), np.arange(40)
INNER = tuple(
    Fold(np.setdiff1d(np.arange(120), held_out), held_out)
    for held_out in np.split(np.arange(120), 3)
)
SPREAD = np.logspace(-4, 4, 12)
# Adversarial: neighbours differ by parts of a million, and two are the same.
NEAR = np.sort(
    np.concatenate([0.3 * (1 + 1e-7 * np.arange(6)), [0.3], 2 * (1 + 1e-6 * np.arange(4))])
)


def rows_in(dtype, monkeypatch, sources, targets, alphas, objective="two_vs_two"):
    monkeypatch.setattr(curves, "SINGLE_FROM", 0 if dtype is np.float32 else N)
    folded = [
        {name: FoldArray(z_scored(x, TRAIN), "pearson") for name, x in side.items()}
        for side in (sources, targets)
    ]
    labels = np.arange(N)
    fold = NestedFold(Fold(TRAIN, TEST), INNER)
    task = FoldTask(0, fold, alphas, objective, labels, labels.astype(str))
    return list(score_by_columns(*folded, task))


@pytest.mark.parametrize("objective", ["two_vs_two", "correlation"])
@pytest.mark.parametrize("alphas", [SPREAD, NEAR], ids=["spread", "nearly equal"])
@pytest.mark.parametrize("noise", [0.5, 6.0, 40.0])
@pytest.mark.parametrize("seed", range(3))
def test_float32_chooses_the_alphas_of_float64(seed, noise, alphas, objective, monkeypatch):
    noisy = noisy_columns(np.random.default_rng(seed), N, 4)
    x = {"h.0": noisy(12, noise), "h.1": noisy(50, noise)}
    y = {"narrow": noisy(7, 3.0), "wide": noisy(80, 9.0)}
    for sources, targets in ((x, y), (y, x)):
        single = rows_in(np.float32, monkeypatch, sources, targets, alphas, objective)
        double = rows_in(np.float64, monkeypatch, sources, targets, alphas, objective)
        for one, other in zip(single, double, strict=True):
            assert one.position == other.position
            best = other.position
            np.testing.assert_allclose(one.inner[:, best], other.inner[:, best], atol=1e-12)
            np.testing.assert_allclose(one.inner[1], other.inner[1], atol=1e-4)
            assert one.scores == pytest.approx(other.scores, abs=1e-12)


def test_stimuli_that_repeat_are_ties_in_float32_too(monkeypatch):
    """Pairs that no alpha can decide leave no alpha in doubt."""
    rng = np.random.default_rng(2)
    x = {"x": np.repeat(rng.standard_normal((N // 2, 30)), 2, axis=0)}
    y = {"y": rng.standard_normal((N, 40))}
    looked = []
    exact = PrimalFold.exact

    def counted(fold, penalties):
        looked.append(len(penalties))
        return exact(fold, penalties)

    monkeypatch.setattr(PrimalFold, "exact", counted)
    rows_in(np.float32, monkeypatch, x, y, SPREAD)
    assert max(looked) < len(SPREAD) / 2
