"""Ceilings from other subjects, and from the signal of a simulation."""

import numpy as np
import pandas as pd
import pytest

from pipeline.alignment import (
    across_subjects_ceiling,
    align,
    make_folds,
    signal_ceiling,
    split_half_ceiling,
)
from pipeline.alignment.dataset.subject_rois import SubjectRois, across_rois


def subjects(noise, n_subjects=4, seed=0, shared=True):
    """Make subjects who share a signal of five dimensions, or nothing, each with own voxels."""
    rng = np.random.default_rng(seed)
    signal = rng.standard_normal((48, 5))

    def responses(n_voxels):
        own = signal if shared else rng.standard_normal((48, 5))
        return own @ rng.standard_normal((5, n_voxels)) + noise * rng.standard_normal(
            (48, n_voxels)
        )

    return [{"language": responses(40), "visual": responses(25)} for _ in range(n_subjects)]


def test_subjects_without_noise_predict_one_another_perfectly(groups, settings):
    first, *others = subjects(0.0)
    ceiling = across_subjects_ceiling(first, others, groups, settings)
    assert set(ceiling.roi) == {"language", "visual"}
    assert (ceiling.two_vs_two == 1).all()


def test_subjects_who_share_nothing_have_a_ceiling_at_chance(groups, settings):
    scores = []
    for seed in range(12):
        first, *others = subjects(1.0, seed=seed, shared=False)
        scores.append(across_subjects_ceiling(first, others, groups, settings).two_vs_two.mean())
    assert np.mean(scores) == pytest.approx(0.5, abs=0.06)


def test_more_subjects_raise_the_ceiling(groups, settings):
    """Over several seeds: with many others their noise averages out."""
    few, many = [], []
    for seed in range(4):
        first, *others = subjects(4.0, n_subjects=9, seed=seed)
        few.append(across_subjects_ceiling(first, others[:1], groups, settings).correlation.mean())
        many.append(across_subjects_ceiling(first, others, groups, settings).correlation.mean())
    assert np.mean(many) > np.mean(few) + 0.03


def test_one_other_subject_is_an_encoding_model_of_its_responses(groups, settings):
    first, other = subjects(2.0, n_subjects=2)
    ceiling = across_subjects_ceiling(first, [other], groups, settings)
    language = {"language": first["language"]}
    whole = align({"other": other["language"]}, language, groups, settings)
    expected = whole[whole.direction == "encoding"]
    found = ceiling[ceiling.roi == "language"]
    np.testing.assert_allclose(found.two_vs_two, expected.two_vs_two)


def test_a_roi_that_no_other_subject_has_gets_no_ceiling(groups, settings):
    first, other = subjects(1.0, n_subjects=2)
    ceiling = across_subjects_ceiling(first, [{"visual": other["visual"]}], groups, settings)
    assert set(ceiling.roi) == {"visual"}
    assert across_subjects_ceiling(first, [], groups, settings).empty


def test_subjects_are_compared_in_the_stimuli_that_all_were_shown(settings):
    """The second subject saw others, in another order; the groups of both are known."""
    rng = np.random.default_rng(0)
    signal = rng.standard_normal((60, 5))
    all_groups = np.repeat([f"p{n:02d}" for n in range(15)], 4)

    def some(shown):
        values = signal[shown] @ rng.standard_normal((5, 30))
        return SubjectRois(values, {"language": np.arange(30)}, shown, all_groups[shown])

    first, second = some(np.arange(52)), some(rng.permutation(np.arange(4, 60)))
    ceiling = across_rois(first, [second], settings)
    assert (ceiling.two_vs_two == 1).all()
    common = np.arange(4, 52)
    values = [(each.values[np.argsort(each.stimulus_rows)]) for each in (first, second)]
    expected = across_subjects_ceiling(
        {"language": values[0][4:]}, [{"language": values[1][:48]}], all_groups[common], settings
    )
    pd.testing.assert_frame_equal(ceiling, expected)


def test_the_signal_scores_one_without_noise_and_less_with_more(groups):
    folds = make_folds(groups, 4, "grouped", seed=0)
    rng = np.random.default_rng(0)
    signal = rng.standard_normal((48, 60))
    noise = rng.standard_normal((48, 60))
    scores = [signal_ceiling(signal, signal + n * noise, folds) for n in (0.0, 4.0, 12.0)]
    assert (scores[0][["two_vs_two", "correlation"]] > 1 - 1e-12).all(axis=None)
    assert scores[0].two_vs_two.mean() > scores[1].two_vs_two.mean() > scores[2].two_vs_two.mean()
    assert list(scores[0].fold) == [0, 1, 2, 3]


def test_split_halves_lie_below_the_signal(groups):
    """Signal and noise of variance 1: with the mean of two r = √(1 / 1.5), half with half ½."""
    folds = make_folds(groups, 4, "grouped", seed=0)
    rng = np.random.default_rng(0)
    signal = rng.standard_normal((48, 400))
    repeats = signal + rng.standard_normal((2, 48, 400))
    known = signal_ceiling(signal, repeats.mean(axis=0), folds).correlation.mean()
    halves = split_half_ceiling(repeats, folds).correlation.mean()
    assert known == pytest.approx(np.sqrt(1 / 1.5), abs=0.02)
    assert halves == pytest.approx(0.5, abs=0.03)
