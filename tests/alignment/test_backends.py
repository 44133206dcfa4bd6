"""Ridge on other array libraries and devices, against the engine of the CPU."""

import array_api_compat.numpy
import numpy as np
import pytest
import torch

from pipeline.alignment import align
from pipeline.alignment.backends import NUMPY, Backend, backend_on, torch_on
from pipeline.alignment.dataset.subject_rois import SubjectRois, align_rois, encode_both
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.kernel import batched
from pipeline.alignment.kernel.grams import gram_matrices
from pipeline.alignment.kernel.placed import forming_on, placed_grams
from pipeline.alignment.kernel.ridge import decomposed
from pipeline.alignment.kernel.shared_grams import SharedGrams
from pipeline.config import AlignConfig, ScoreConfig
from pipeline.errors import AlignmentError, ConfigError

GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
# Not NUMPY itself, with which the engine takes its other way.
PLACES = [
    pytest.param(Backend(array_api_compat.numpy, "cpu"), id="numpy"),
    pytest.param(torch_on("cpu"), id="torch"),
    pytest.param(torch_on("cuda"), id="torch on a GPU", marks=GPU),
]
SCORES = ["two_vs_two", "correlation", "rank_accuracy", "two_vs_two_within"]
N = 48


def simulated(seed=0):
    rng = np.random.default_rng(seed)
    signal = rng.standard_normal((N, 4))
    x = {f"layer {n}": signal @ rng.standard_normal((4, 70)) + n for n in (1, 2)}
    x = {name: values + rng.standard_normal(values.shape) for name, values in x.items()}
    y = {
        f"roi {v}": signal @ rng.standard_normal((4, v)) + 2 * rng.standard_normal((N, v))
        for v in (60, 130)
    }
    return x, y, np.repeat(np.arange(N // 4), 4)


@pytest.mark.parametrize("arrays", PLACES)
@pytest.mark.parametrize(
    "settings",
    [
        ScoreConfig(folds=3, inner_folds=3, trials=6),
        ScoreConfig(folds=3, inner_folds=2, trials=6, similarity="cosine", objective="correlation"),
        ScoreConfig(folds=3, inner_folds=2, trials=4, width=5),
        ScoreConfig(folds=3, inner_folds=2, trials=4, alpha_low=1e-12, alpha_high=1e-9),
        ScoreConfig(folds=3, inner_folds=2, trials=1),
    ],
    ids=["pearson", "cosine", "width", "tiny alphas", "one alpha"],
)
def test_alphas_and_scores_are_those_of_the_cpu_s_engine(arrays, settings):
    x, y, groups = simulated()
    expected = align(x, y, groups, settings)
    table = align(x, y, groups, settings, form=SharedGrams(form=forming_on(arrays)))
    assert list(table.alpha) == list(expected.alpha)
    for name in [*SCORES, "inner_two_vs_two", "inner_correlation"]:
        np.testing.assert_allclose(table[name], expected[name], atol=1e-6)
    assert table.attrs["pair_sums"] == expected.attrs["pair_sums"]


@pytest.mark.parametrize("arrays", PLACES)
def test_sources_and_alphas_that_do_not_fit_at_once_are_scored_in_batches(monkeypatch, arrays):
    x, y, groups = simulated()
    settings, form = ScoreConfig(folds=2, inner_folds=2, trials=3), forming_on(arrays)
    whole = align(x, y, groups, settings, form=form)
    monkeypatch.setattr(batched, "BATCH_BYTES", 1)
    np.testing.assert_allclose(
        align(x, y, groups, settings, form=form)[SCORES], whole[SCORES], atol=1e-9
    )


@pytest.mark.parametrize("arrays", PLACES)
@pytest.mark.parametrize("similarity", ["pearson", "cosine"])
def test_gram_matrices_are_those_of_the_cpu_whatever_the_blocks(monkeypatch, arrays, similarity):
    rng = np.random.default_rng(3)
    values = (1e3 + rng.standard_normal((30, 50))).astype(np.float32)
    values[:, 7] = 0.1  # constant, and no number of float32
    train = np.arange(5, 30)
    monkeypatch.setattr("pipeline.alignment.columns.BLOCK_BYTES", 8 * 30 * 11)
    expected, placed = (
        gram_matrices(values, train, similarity),
        placed_grams(values, [train], similarity, arrays)[0],
    )
    for ours, theirs in (
        (placed.kernel, expected.kernel),
        (placed.patterns, expected.patterns),
    ):
        np.testing.assert_allclose(arrays.get(ours), theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("arrays", PLACES)
@pytest.mark.parametrize("penalty", [1e3, 1e-3, 1e-17])
def test_hat_matrices_are_those_of_a_decomposition_however_small_the_penalty(arrays, penalty):
    rng = np.random.default_rng(1)
    z = rng.standard_normal((20, 8))  # a singular kernel
    gram, crossed = z[5:] @ z[5:].T, z[:5] @ z[5:].T
    H = batched.hats(*(arrays.put(m[None]) for m in (gram, crossed, np.array([penalty]))), arrays)
    expected = decomposed(gram, crossed, scale=1.0).hat(penalty)
    # what the smallest penalty makes of directions without variance is rounding, in either
    fitted = z[5:]
    np.testing.assert_allclose(arrays.get(H)[0, 0] @ fitted, expected @ fitted, atol=1e-8)


@pytest.mark.parametrize("arrays", PLACES)
def test_what_does_not_vary_is_refused_there_too(arrays):
    x, y, groups = simulated()
    settings = ScoreConfig(folds=2, inner_folds=2)
    flat = np.ones((N, 70))
    flat[nested_folds(groups, settings)[0].outer.test[0]] = 2
    with pytest.raises(AlignmentError, match="fold 0, layer flat: expected columns that vary"):
        align({**x, "flat": flat}, y, groups, settings, form=forming_on(arrays))


def test_units_of_a_gpu_are_scored_there_with_layers_alone_and_beside_nuisance(monkeypatch):
    x, y, groups = simulated()
    values, ends = np.hstack(list(y.values())), np.cumsum([v.shape[1] for v in y.values()])
    rois = dict(zip(y, np.split(np.arange(values.shape[1]), ends[:-1]), strict=True))
    there = "pipeline.alignment.dataset.subject_rois.backend_on"
    monkeypatch.setattr(there, lambda _: torch_on("cpu"))
    calls = []
    score = batched.score_batched
    monkeypatch.setattr(
        "pipeline.alignment.score_fold.score_batched",
        lambda *parts, **task: calls.append(1) or score(*parts, **task),
    )
    settings = ScoreConfig(folds=2, inner_folds=2, trials=3)
    nuisance = {"length": np.linspace(0, 1, N)[:, None] ** 2}
    names = np.asarray(groups).astype(str)
    tables = {}
    for device in ("cpu", "cuda"):
        some = SubjectRois(values, rois, np.arange(N), names, device=device)
        tables[device] = align_rois(some, x, settings), encode_both(some, nuisance, x, settings)
        assert bool(calls) is (device == "cuda")
    for ours, expected in zip(tables["cuda"], tables["cpu"], strict=True):
        np.testing.assert_allclose(ours[SCORES], expected[SCORES], atol=1e-6)


def test_a_gpu_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    backend_on.cache_clear()
    assert backend_on("cpu") is NUMPY
    with pytest.raises(ConfigError, match=r"ridge_device: expected a GPU .* found none. Say ridge"):
        backend_on("cuda")


def test_one_process_takes_the_gpu_unless_more_are_asked_for():
    from pipeline.alignment.dataset.units import Unit, count_processes

    units = [Unit(str(n), print, ()) for n in range(4)]
    of_gpu = {"model": "gpt2", "brain": "simulated", "ridge_device": "cuda"}
    assert count_processes(AlignConfig.model_validate(of_gpu), units) == 1
    assert count_processes(AlignConfig.model_validate({**of_gpu, "workers": 3}), units) == 3
