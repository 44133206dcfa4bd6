"""Permutation tests that choose layer and alpha anew: by explicit refits, and calibrated."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from pipeline.alignment.alphas import draw_alphas
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.kernel.grams import z_scored
from pipeline.alignment.permutations.exchanges import draw_permutations
from pipeline.alignment.permutations.joint import cell_p_values, joint_p_values
from pipeline.alignment.permutations.null_scores import exchanged_scores, pattern_coordinates
from pipeline.alignment.permutations.null_vectors import null_vectors
from pipeline.alignment.permutations.selection import alphas_that_fit
from pipeline.alignment.primal.ridge import fit_smaller_side
from pipeline.alignment.sources import Layer
from studies.calibration.nulls import NullWorld


def layers_of(features, width=0):
    return {name: Layer(x, width) for name, x in features.items()}


def pooled_correlation(x, y, fold, alpha):
    """Out-of-fold predictions of every training row, one inner fold after the other."""
    train = fold.outer.train
    z = z_scored(x, train)[train]
    t = y[train] - y[train].mean(axis=0)
    penalty = alpha * np.sum(z**2) / len(train)
    shared = predicted = 0.0
    for inner in fold.inner:
        kernel = z[inner.train] @ z[inner.train].T + penalty * np.eye(len(inner.train))
        guess = z[inner.test] @ z[inner.train].T @ np.linalg.solve(kernel, t[inner.train])
        shared += np.sum(guess * t[inner.test])
        predicted += np.sum(guess**2)
    return shared / np.sqrt(predicted * np.sum(t**2))


@pytest.mark.parametrize("direction", ["encoding", "decoding"])
def test_every_exchange_is_a_search_and_a_refit(subject, groups, settings, direction):
    features, responses = subject
    folds, alphas = nested_folds(groups, settings), np.sort(draw_alphas(settings))
    orders = draw_permutations(groups, 4, seed=1)
    vectors = null_vectors(
        layers_of(features), responses, direction, folds, alphas, "pearson", orders
    )
    for order, score in zip(orders, vectors["vision"].null, strict=True):
        accuracies = []
        for fold in folds:
            outcomes = []
            for layer in features.values():
                x, y = (layer, responses["vision"])[:: 1 if direction == "encoding" else -1]
                target = pattern_coordinates(y, "pearson")
                outcomes += [
                    (pooled_correlation(x, target[order], fold, alpha), -n, x, target, alpha)
                    for n, alpha in enumerate(alphas)
                ]
            _, _, x, target, alpha = max(outcomes, key=lambda one: one[0])
            hat = fit_smaller_side(x, fold.outer).hat(alpha)
            accuracies.append(exchanged_scores([hat], target, [fold.outer], order[None])[0])
        assert score == pytest.approx(np.mean(accuracies), abs=1e-9)


def test_a_strong_link_is_found_and_none_is_not(subject, groups, settings, rng):
    features, responses = subject
    folds, alphas = nested_folds(groups, settings), draw_alphas(settings)
    orders = draw_permutations(groups, 99, seed=1)
    noise = {"linked": responses["vision"], "none": rng.standard_normal((48, 60))}
    tested = null_vectors(layers_of(features), noise, "encoding", folds, alphas, "pearson", orders)
    assert tested["linked"].p == 0.01
    assert tested["none"].p > 0.05


def test_the_order_as_it_was_has_the_observed_score(subject, groups, settings):
    folds, alphas = nested_folds(groups, settings), draw_alphas(settings)
    same = np.tile(np.arange(48), (3, 1))
    features, responses = subject
    tested = null_vectors(layers_of(features), responses, "decoding", folds, alphas, "cosine", same)
    for vector in tested.values():
        assert (vector.null == vector.observed).all()
        assert vector.p == 1.0


def test_alphas_are_thinned_only_where_memory_asks_for_it():
    alphas = np.geomspace(1, 100, 20)[::-1]
    np.testing.assert_array_equal(alphas_that_fit(alphas, 500, 13), alphas[::-1])
    assert len(alphas_that_fit(alphas, 4000, 13)) == 3


def nulls_of(observed, null):
    """One direction; observed and null scores by subject and ROI."""
    rows = [
        {"subject": s, "direction": "encoding", "roi": roi, "permutation": n, "two_vs_two": score}
        for (s, roi), scores in null.items()
        for n, score in enumerate([observed[s, roi], *scores])
    ]
    return pd.DataFrame(rows)


def test_the_joint_test_is_of_the_mean_over_subjects_and_of_the_largest_roi(rng):
    null = {(s, r): rng.normal(0.5, 0.05, 199) for s in "ab" for r in ("V1", "V2", "V3")}
    observed = dict.fromkeys(null, 0.5) | {("a", "V1"): 0.62, ("b", "V1"): 0.60}
    joint = joint_p_values(nulls_of(observed, null)).set_index("roi")
    means = {r: (null["a", r] + null["b", r]) / 2 for r in ("V1", "V2", "V3")}
    assert joint.p["V1"] == (1 + np.sum(means["V1"] >= 0.61)) / 200
    largest = np.max([m - m.mean() for m in means.values()], axis=0)
    assert joint.p_family["V1"] == (1 + np.sum(largest >= 0.61 - means["V1"].mean())) / 200
    assert joint.p["V2"] > 0.1
    cells = cell_p_values(nulls_of(observed, null)).set_index(["subject", "roi"])
    assert cells.p["a", "V1"] == (1 + np.sum(null["a", "V1"] >= 0.62)) / 200


@pytest.mark.parametrize("direction", ["encoding", "decoding"])
@pytest.mark.parametrize("similarity", ["pearson", "cosine"])
def test_components_of_full_rank_leave_all_null_scores_as_they_are(
    subject, groups, settings, direction, similarity
):
    features, responses = subject
    folds, alphas = nested_folds(groups, settings), draw_alphas(settings)
    orders = draw_permutations(groups, 9, seed=1)
    narrow = {"h.0": features["h.0"]}  # 20 features, less than any training rows
    whole, reduced = (
        null_vectors(
            layers_of(narrow, width), responses, direction, folds, alphas, similarity, orders
        )
        for width in (0, 20)
    )
    for roi in responses:
        np.testing.assert_allclose(reduced[roi].null, whole[roi].null, atol=1e-9)
    (few,) = (
        null_vectors(layers_of(narrow, n), responses, direction, folds, alphas, similarity, orders)
        for n in (3,)
    )
    assert any((few[roi].null != whole[roi].null).any() for roi in responses)


def share_called_related(world):
    """Share of 400 pairs of unrelated arrays with p <= .05, by direction."""
    return (world.p_values(range(400)) <= 0.05).mean(axis=0)


TOPICS, PASSAGES = "topics of 4", "passages of 2"
LOW, HIGH = binom.ppf([0.005, 0.995], 400, 0.05) / 400


@pytest.mark.slow
@pytest.mark.parametrize(
    ("exchanged", "sharing"), [(PASSAGES, PASSAGES), (TOPICS, TOPICS), (TOPICS, PASSAGES)]
)
def test_unrelated_data_are_called_related_one_time_in_twenty(exchanged, sharing):
    outcomes = share_called_related(NullWorld(exchanged, sharing))
    assert (outcomes >= LOW).all(), outcomes
    assert (outcomes <= HIGH).all(), outcomes


@pytest.mark.slow
def test_groups_narrower_than_what_stimuli_share_call_unrelated_data_related():
    """Why stimulus groups have to be topics where passages of a topic share noise."""
    assert (share_called_related(NullWorld(PASSAGES, TOPICS)) > HIGH).all()
