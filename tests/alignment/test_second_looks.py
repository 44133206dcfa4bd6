"""Alphas and layers chosen after float32, against float64 throughout."""

import numpy as np
import pytest

from pipeline.alignment.alphas import choose_alpha
from pipeline.alignment.folds import Fold, NestedFold
from pipeline.alignment.kernel import inner_curves as module
from pipeline.alignment.kernel.decided import candidates
from pipeline.alignment.kernel.exact import hat_matrix
from pipeline.alignment.kernel.grams import gram_matrices
from pipeline.alignment.kernel.inner_curves import inner_curves
from pipeline.alignment.kernel.ridge import decomposed, factorise
from pipeline.alignment.pairs import FoldTask

N = 72
TRAIN, TEST = np.arange(12, N), np.arange(12)
INNER = tuple(
    Fold(np.setdiff1d(np.arange(60), held_out), held_out) for held_out in np.split(np.arange(60), 3)
)
SPREAD = np.logspace(-4, 4, 12)
# Adversarial: neighbours differ by parts of a million, and two are the same.
NEAR = np.sort(
    np.concatenate([0.3 * (1 + 1e-7 * np.arange(6)), [0.3], 2 * (1 + 1e-6 * np.arange(4))])
)


def task_of(alphas, objective):
    labels = np.arange(N)
    fold = NestedFold(Fold(TRAIN, TEST), INNER)
    return FoldTask(0, fold, alphas, objective, labels, labels.astype(str))


def simulated(seed, noise, n_layers=3):
    rng = np.random.default_rng(seed)
    signal = rng.standard_normal((N, 5))
    x = [signal @ rng.standard_normal((5, 90)) + noise * rng.standard_normal((N, 90))]
    # layers that are hardly different: which is best hangs on the last digits, too
    x += [x[0] + 1e-6 * n * rng.standard_normal((N, 90)) for n in range(1, n_layers)]
    y = [signal @ rng.standard_normal((5, v)) + 3 * rng.standard_normal((N, v)) for v in (40, 120)]
    layers = {f"layer {n}": gram_matrices(one, TRAIN) for n, one in enumerate(x)}
    return layers, {f"roi {n}": gram_matrices(one, TRAIN) for n, one in enumerate(y)}


def curves_in(dtype, monkeypatch, sources, targets, task):
    monkeypatch.setattr(module, "SINGLE_FROM", 0 if dtype is np.float32 else N)
    return np.array(list(inner_curves(sources, targets, task, map).values()))


def chosen(curves, task):
    """Alpha of every pair, and the best source of every target and target of every source."""
    positions = np.array(
        [[choose_alpha(task.alphas, *c, task.objective).position for c in row] for row in curves]
    )
    at_best = np.take_along_axis(curves, positions[..., None, None], axis=-1)[..., 0]
    first, second = (0, 1) if task.objective == "two_vs_two" else (1, 0)
    by_source = [np.lexsort((-row[:, second], -row[:, first]))[0] for row in at_best]
    by_target = [np.lexsort((-row[:, second], -row[:, first]))[0] for row in at_best.swapaxes(0, 1)]
    return positions.tolist(), by_source, by_target


@pytest.mark.parametrize("objective", ["two_vs_two", "correlation"])
@pytest.mark.parametrize("alphas", [SPREAD, NEAR], ids=["spread", "nearly equal"])
@pytest.mark.parametrize("noise", [0.1, 3.0, 30.0])
@pytest.mark.parametrize("seed", range(5))
def test_float32_chooses_the_alphas_and_layers_of_float64(
    seed, noise, alphas, objective, monkeypatch
):
    layers, rois = simulated(seed, noise)
    task = task_of(alphas, objective)
    for sources, targets in ((layers, rois), (rois, layers)):
        single = curves_in(np.float32, monkeypatch, sources, targets, task)
        double = curves_in(np.float64, monkeypatch, sources, targets, task)
        assert chosen(single, task) == chosen(double, task)


def test_targets_that_share_one_strong_signal_are_no_exception(monkeypatch):
    """Lengths of predictions are then small differences of large numbers."""
    rng = np.random.default_rng(4)
    layers, _ = simulated(4, 3.0)
    values = rng.standard_normal((N, 200)) + 1e4 * rng.standard_normal((N, 1))
    rois = {"roi": gram_matrices(values, TRAIN)}
    task = task_of(SPREAD, "two_vs_two")
    single = curves_in(np.float32, monkeypatch, layers, rois, task)
    double = curves_in(np.float64, monkeypatch, layers, rois, task)
    assert chosen(single, task) == chosen(double, task)


def test_without_second_looks_float32_would_choose_otherwise(monkeypatch):
    """The cases above are hard enough to tell."""
    task = task_of(NEAR, "correlation")
    layers, rois = simulated(0, 3.0)
    double = curves_in(np.float64, monkeypatch, layers, rois, task)
    monkeypatch.setattr(module, "_look_again", lambda scores, *_: scores)
    single = curves_in(np.float32, monkeypatch, layers, rois, task)
    assert chosen(single, task) != chosen(double, task)


def test_scores_that_decide_are_those_of_float64(monkeypatch):
    task = task_of(NEAR, "two_vs_two")
    layers, rois = simulated(1, 3.0)
    single = curves_in(np.float32, monkeypatch, layers, rois, task)
    double = curves_in(np.float64, monkeypatch, layers, rois, task)
    for one, other in zip(single.reshape(-1, 2, 11), double.reshape(-1, 2, 11), strict=True):
        best = choose_alpha(task.alphas, *other).position
        np.testing.assert_allclose(one[:, best], other[:, best], atol=1e-10)


def test_stimuli_that_repeat_are_ties_in_float32_too(monkeypatch):
    """Pairs that no alpha can decide leave no alpha in doubt."""
    rng = np.random.default_rng(2)
    values = np.repeat(rng.standard_normal((N // 2, 90)), 2, axis=0)
    x, y = gram_matrices(values, TRAIN), gram_matrices(rng.standard_normal((N, 80)), TRAIN)
    looked = []

    class Counted(module.ExactScores):
        def of(self, target, penalty):
            looked.append(penalty)
            return super().of(target, penalty)

    monkeypatch.setattr(module, "ExactScores", Counted)
    curves_in(np.float32, monkeypatch, {"x": x}, {"y": y}, task_of(SPREAD, "two_vs_two"))
    assert len(looked) < len(SPREAD) / 2


def test_the_only_one_that_nothing_reaches_is_the_best():
    values = np.array([[0.9, 0.8, 0.7], [0.1, 0.2, 0.3]])
    errors = np.array([[0.01, 0.05, 0.3], [0.0, 0.0, 0.0]])
    assert candidates(values, errors, "two_vs_two").tolist() == [True, False, True]
    assert candidates(values, errors, "correlation").tolist() == [False, False, True]


def test_a_hat_matrix_from_one_cholesky_factor_is_that_of_the_eigenvectors(rng):
    kernel = gram_matrices(rng.standard_normal((N, 20)), TRAIN).kernel
    gram, crossed = kernel[np.ix_(TRAIN, TRAIN)], kernel[np.ix_(TEST, TRAIN)]
    before = gram.copy(), crossed.copy()
    ridge = factorise(kernel, TRAIN, TEST)
    hat = hat_matrix(gram, crossed, 0.1 * ridge.scale)
    np.testing.assert_allclose(hat, ridge.hat(0.1), atol=1e-12)
    np.testing.assert_array_equal(gram, before[0])
    np.testing.assert_array_equal(crossed, before[1])


def test_a_penalty_that_rounding_exceeds_falls_back_to_the_eigenvectors(rng):
    values = rng.standard_normal((N, 3))
    kernel = values @ values.T
    gram, crossed = kernel[np.ix_(TRAIN, TRAIN)], kernel[np.ix_(TEST, TRAIN)]
    hat = hat_matrix(gram, crossed, 1e-30)
    np.testing.assert_array_equal(hat, decomposed(gram, crossed, 1.0).hat(1e-30))
