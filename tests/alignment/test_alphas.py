import logging

import numpy as np
import optuna
import pytest
from settings_with import replace

from pipeline.alignment.alphas import choose_alpha, draw_alphas


@pytest.fixture
def settings(settings):
    return replace(settings, trials=20, alpha_low=1e-3, alpha_high=1e5, seed=4)


def test_one_seed_gives_the_same_alphas_and_another_others(settings):
    alphas = draw_alphas(settings)
    np.testing.assert_array_equal(alphas, draw_alphas(settings))
    assert not np.isin(draw_alphas(replace(settings, seed=5)), alphas).any()


def test_alphas_are_asked_for_once_and_a_caller_may_change_its_own(monkeypatch, settings):
    alphas = draw_alphas(replace(settings, seed=11))
    expected = alphas.copy()
    monkeypatch.delattr(optuna, "create_study")
    alphas[:] = 0
    np.testing.assert_array_equal(draw_alphas(replace(settings, seed=11)), expected)


def test_alphas_cover_the_range_evenly_on_a_log_scale(settings):
    alphas = draw_alphas(settings)
    assert len(alphas) == 20
    decades = np.histogram(np.log10(alphas), bins=8, range=(-3, 5))[0]
    assert decades.sum() == 20
    assert decades.min() >= 2


def test_optuna_says_nothing_and_keeps_its_own_level(caplog, recwarn, settings):
    optuna.logging.enable_propagation()
    before = optuna.logging.get_verbosity()
    with caplog.at_level(logging.DEBUG):
        draw_alphas(replace(settings, seed=12))  # not drawn before
    optuna.logging.disable_propagation()
    assert not caplog.records
    assert not recwarn.list
    assert optuna.logging.get_verbosity() == before


def test_the_best_inner_2v2_wins_and_inner_correlation_decides_among_equals():
    alphas = np.array([0.1, 10.0, 1.0, 5.0])
    best = choose_alpha(alphas, np.array([0.7, 0.8, 0.9, 0.6]), np.array([0.9, 0.1, 0.1, 0.1]))
    assert (best.position, best.border) == (2, None)
    best = choose_alpha(alphas, np.array([0.9, 1.0, 1.0, 1.0]), np.array([0.9, 0.1, 0.2, 0.3]))
    assert (best.position, best.border) == (3, None)


def test_the_smallest_and_largest_alpha_tried_are_at_the_border():
    alphas = np.array([0.1, 10.0, 1.0])
    for position, border in ((0, "smallest"), (1, "largest")):
        scores = np.eye(3)[position]
        assert choose_alpha(alphas, scores, np.zeros(3)).border == border


def test_the_objective_says_which_inner_score_decides():
    alphas = np.array([0.1, 10.0, 1.0])
    scores = np.array([0.7, 0.9, 0.8]), np.array([0.5, 0.1, 0.5])
    assert choose_alpha(alphas, *scores).position == 1
    assert choose_alpha(alphas, *scores, objective="correlation").position == 2


def test_a_single_alpha_lies_on_no_border():
    one = np.ones(1)
    assert choose_alpha(one, one, one).border is None
