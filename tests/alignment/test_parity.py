"""The engine against an explicit path on scikit-learn and himalaya: predictions, loops, refits."""

import itertools

import numpy as np
import pytest
from himalaya.kernel_ridge import KernelRidge as HimalayaKernelRidge
from settings_with import replace
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.preprocessing import StandardScaler

from pipeline.alignment import align
from pipeline.alignment.alphas import draw_alphas
from pipeline.alignment.folds import nested_folds


def similarities(predicted, true, name):
    """R of explicit patterns, one correlation or cosine for each pair."""
    if name == "pearson":
        return np.corrcoef(predicted, true)[: len(true), len(true) :]
    return cosine_similarity(predicted, true)


def explicit_scores(predicted, true, name="pearson"):
    """2v2 accuracy, mean correlation and rank accuracy by loops over explicit patterns."""
    n = len(true)
    R = similarities(predicted, true, name)
    points = []
    for i, j in itertools.combinations(range(n), 2):
        gain = (R[i, i] - R[i, j]) + (R[j, j] - R[j, i])
        points.append(1.0 if gain > 0 else 0.5 if gain == 0 else 0.0)
    ranks = [sum(R[i, i] > R[i, j] for j in range(n) if j != i) / (n - 1) for i in range(n)]
    return np.mean(points), np.mean(np.diagonal(R)), np.mean(ranks)


def explicit_path(X, Y, fold, alphas, make_ridge, name="pearson"):
    """One source, one target, one outer fold, with every alpha refitted in every inner fold."""
    train, test = fold.outer.train, fold.outer.test
    X, Y = (StandardScaler().fit(values[train]).transform(values) for values in (X, Y))
    scale = np.mean(np.linalg.eigvalsh(X[train] @ X[train].T))
    inner = []
    for alpha in alphas:
        scores = []
        for split in fold.inner:
            kept_rows, held_out = train[split.train], train[split.test]
            predicted = (
                make_ridge(alpha * scale).fit(X[kept_rows], Y[kept_rows]).predict(X[held_out])
            )
            scores.append(explicit_scores(predicted, Y[held_out], name)[:2])
        inner.append(tuple(np.mean(scores, axis=0).round(12)))
    best = max(range(len(alphas)), key=inner.__getitem__)
    ridge = make_ridge(alphas[best] * scale).fit(X[train], Y[train])
    return {
        "alpha": alphas[best],
        "alpha_absolute": alphas[best] * scale,
        "inner_two_vs_two": inner[best][0],
        "inner_correlation": inner[best][1],
        **dict(
            zip(
                ("two_vs_two", "correlation", "rank_accuracy"),
                explicit_scores(ridge.predict(X[test]), Y[test], name),
                strict=True,
            )
        ),
    }


def primal(alpha):
    return Ridge(alpha, fit_intercept=False)


def dual(alpha):
    return KernelRidge(alpha=alpha)


def himalaya(alpha):
    return HimalayaKernelRidge(alpha=alpha, warn=False)


CASES = [
    ("grouped", "pearson", primal),
    ("shuffled", "pearson", dual),
    ("contiguous", "pearson", himalaya),
    ("grouped", "cosine", dual),
]


@pytest.mark.parametrize(("split", "compared", "make_ridge"), CASES)
def test_every_row_equals_the_explicit_path(subject, groups, split, compared, make_ridge, settings):
    features, responses = subject
    settings = replace(
        settings, split=split, similarity=compared, folds=4, inner_folds=3, trials=4, seed=2
    )
    table = align(features, responses, groups, settings)
    assert len(table) == 2 * 2 * 2 * 4
    alphas = draw_alphas(settings)
    folds = nested_folds(groups, settings)
    for row in table.to_dict("records"):
        pair = features[row["layer"]], responses[row["roi"]]
        X, Y = pair if row["direction"] == "encoding" else pair[::-1]
        expected = explicit_path(X, Y, folds[row["fold"]], alphas, make_ridge, compared)
        for column in ("two_vs_two", "rank_accuracy", "inner_two_vs_two", "alpha"):
            assert row[column] == pytest.approx(expected[column], abs=1e-12), column
        for column in ("correlation", "inner_correlation"):
            assert row[column] == pytest.approx(expected[column], abs=1e-6), column
        assert row["alpha_absolute"] == pytest.approx(expected["alpha_absolute"])
