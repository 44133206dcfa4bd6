"""The whole search for alpha against RidgeCV of scikit-learn and KernelRidgeCV of himalaya.

Both get the same inner folds and alphas, and score an inner fold as the engine does; they fit,
choose and predict by themselves.
"""

import numpy as np
import pytest
from himalaya.kernel_ridge import KernelRidgeCV
from settings_with import replace
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import StandardScaler

from pipeline.alignment import align, two_vs_two
from pipeline.alignment.alphas import draw_alphas
from pipeline.alignment.folds import nested_folds


def crossed(predicted, true):
    return np.corrcoef(predicted, true)[: len(true), len(true) :]


def correlation(predicted, true):
    return np.diagonal(crossed(predicted, true)).mean()


def two_vs_two_then_correlation(predicted, true):
    """Correlation only decides among equals: a pair counts for more than all of it."""
    return float(two_vs_two(crossed(predicted, true))) + 1e-3 * correlation(predicted, true)


SCORES = {"correlation": correlation, "two_vs_two": two_vs_two_then_correlation}


def by_sklearn(X, Y, inner, alphas, score):
    def scoring(ridge, x, y):
        return score(ridge.predict(x), y)

    return RidgeCV(alphas, fit_intercept=False, scoring=scoring, cv=inner).fit(X, Y)


def by_himalaya(X, Y, inner, alphas, score):
    def score_func(true, predicted):
        """One score of all targets, repeated for each: shape (n_alphas, n_targets)."""
        scores = [score(one, true) for one in predicted]
        return np.repeat(np.array(scores)[:, None], true.shape[1], axis=1)

    solver = {"local_alpha": False, "score_func": score_func}
    return KernelRidgeCV(alphas, cv=inner, solver_params=solver, warn=False).fit(X, Y)


PEERS = {"scikit-learn": by_sklearn, "himalaya": by_himalaya}


def chosen(model):
    return float(np.ravel(getattr(model, "alpha_", getattr(model, "best_alphas_", None)))[0])


@pytest.mark.parametrize("objective", ["two_vs_two", "correlation"])
@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_chooses_the_same_alphas_and_predicts_the_same(
    subject, groups, settings, peer, objective
):
    features, responses = subject
    settings = replace(settings, objective=objective, trials=6, folds=3)
    table = align(features, responses, groups, settings)
    alphas = np.sort(draw_alphas(settings))
    folds = nested_folds(groups, settings)
    for row in table.to_dict("records"):
        fold = folds[row["fold"]]
        train, test = fold.outer.train, fold.outer.test
        pair = features[row["layer"]], responses[row["roi"]]
        X, Y = (
            StandardScaler().fit(values[train]).transform(values)
            for values in (pair if row["direction"] == "encoding" else pair[::-1])
        )
        scale = (X[train] ** 2).sum() / len(train)
        inner = [(split.train, split.test) for split in fold.inner]
        fit = PEERS[peer]
        model = fit(X[train], Y[train], inner, alphas * scale, SCORES[objective])
        assert chosen(model) == pytest.approx(row["alpha_absolute"])
        predicted = np.asarray(model.predict(X[test]))
        assert two_vs_two(crossed(predicted, Y[test])) == row["two_vs_two"]
        assert correlation(predicted, Y[test]) == pytest.approx(row["correlation"], abs=1e-6)
