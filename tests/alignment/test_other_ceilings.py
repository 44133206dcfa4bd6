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
from pipeline.alignment.ceilings.chance import ceiling_p
from pipeline.alignment.ceilings.extrapolated import extrapolate, extrapolated_ceilings
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
        ceiling = across_subjects_ceiling(first, others, groups, settings)
        scores.append(whole(ceiling).two_vs_two.mean())
    assert np.mean(scores) == pytest.approx(0.5, abs=0.06)


def test_more_subjects_raise_the_ceiling(groups, settings):
    """Over several seeds: with many others their noise averages out."""
    few, many = [], []
    for seed in range(4):
        first, *others = subjects(4.0, n_subjects=9, seed=seed)
        ceiling = across_subjects_ceiling(first, others, groups, settings)
        few.append(ceiling[ceiling.n_others == 1].correlation.mean())
        many.append(whole(ceiling).correlation.mean())
    assert np.mean(many) > np.mean(few) + 0.03


def whole(ceiling):
    """Keep the rows of all others."""
    return ceiling[ceiling.pool == "all others"]


def test_one_other_subject_is_an_encoding_model_of_its_responses(groups, settings):
    first, other = subjects(2.0, n_subjects=2)
    ceiling = across_subjects_ceiling(first, [other], groups, settings)
    language = {"language": first["language"]}
    both = align({"other": other["language"]}, language, groups, settings)
    expected = both[both.direction == "encoding"]
    of_language = ceiling[ceiling.roi == "language"]
    np.testing.assert_allclose(of_language.two_vs_two, expected.two_vs_two)


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

    def some(rows):
        values = signal[rows] @ rng.standard_normal((5, 30))
        return SubjectRois(values, {"language": np.arange(30)}, rows, all_groups[rows])

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
    scores = [signal_ceiling(signal, signal + n * noise, groups, folds) for n in (0.0, 4.0, 12.0)]
    assert (scores[0][["two_vs_two", "correlation"]] > 1 - 1e-12).all(axis=None)
    assert scores[0].two_vs_two.mean() > scores[1].two_vs_two.mean() > scores[2].two_vs_two.mean()
    assert list(scores[0].fold) == [0, 1, 2, 3]


def test_split_halves_lie_below_the_signal(groups):
    """Signal and noise of variance 1: with the mean of two r = √(1 / 1.5), half with half ½."""
    folds = make_folds(groups, 4, "grouped", seed=0)
    rng = np.random.default_rng(0)
    signal = rng.standard_normal((48, 400))
    repeats = signal + rng.standard_normal((2, 48, 400))
    known = signal_ceiling(signal, repeats.mean(axis=0), groups, folds).correlation.mean()
    halves = split_half_ceiling(repeats, folds).correlation.mean()
    assert known == pytest.approx(np.sqrt(1 / 1.5), abs=0.02)
    assert halves == pytest.approx(0.5, abs=0.03)


def test_pools_grow_by_twos_to_all_others(groups, settings):
    first, *others = subjects(1.0, n_subjects=6)
    ceiling = across_subjects_ceiling({"visual": first["visual"]}, others, groups, settings)
    pools = ceiling.drop_duplicates("pool").groupby("n_others").size()
    assert pools.to_dict() == {1: 4, 2: 4, 4: 4, 5: 1}
    assert ceiling[ceiling.n_others < 5].p.isna().all()


@pytest.mark.parametrize("tau", [0.7, 2.0])
def test_what_saturates_is_extrapolated_to_its_limit(tau):
    sizes = np.array([1, 2, 4, 8])
    scores = 0.5 + 0.3 * (1 - np.exp(-sizes / tau))
    assert extrapolate(sizes, scores, 0.5) == pytest.approx(0.8, abs=1e-3)


def test_two_sizes_give_the_closed_form_and_nothing_goes_above_one():
    # with q = exp(-1 / tau): v1 = v (1 - q), v2 = v (1 - q²)
    assert extrapolate([1, 2], [0.2, 0.3], 0.0) == pytest.approx(0.2 / (1 - 0.5), abs=1e-3)
    assert extrapolate([1, 2], [0.6, 0.7], 0.5) == pytest.approx(1.0)  # grows in proportion
    assert extrapolate([1, 2], [0.7, 0.7], 0.5) == pytest.approx(0.7)
    assert extrapolate([1, 2], [0.45, 0.48], 0.5) == 0.5  # below chance


def test_the_signal_lies_between_the_bounds_from_other_subjects(groups, settings):
    """Means over seeds: what all share is known, and noisy others fall short of it."""
    pools, known = [], []
    folds = make_folds(groups, 4, "grouped", seed=0)
    for seed in range(4):
        rng = np.random.default_rng(seed)
        shared = rng.standard_normal((48, 4))
        signals = [shared @ rng.standard_normal((4, 30)) for _ in range(6)]
        noisy = [{"v": x + 5 * rng.standard_normal(x.shape)} for x in signals]
        for n in (0, 1):
            others = [y for m, y in enumerate(noisy) if m != n]
            table = across_subjects_ceiling(noisy[n], others, groups, settings)
            pools.append(table.assign(subject=f"{seed} {n}"))
            known.append(signal_ceiling(signals[n], noisy[n]["v"], groups, folds).correlation)
    every = pd.concat(pools)
    lower = every[every.n_others == 5].correlation.mean()
    upper = extrapolated_ceilings(every).correlation.mean()
    assert lower < np.mean(known)
    assert lower <= upper
    assert abs(upper - np.mean(known)) < abs(lower - np.mean(known))


def test_pools_of_one_size_are_not_extrapolated():
    pools = {"subject": "a", "roi": "v", "n_others": [1], "two_vs_two": 0.6, "correlation": 0.1}
    assert extrapolated_ceilings(pd.DataFrame(pools)).empty


def test_a_ceiling_is_told_from_chance_and_noise_is_not(groups, settings):
    first, *others = subjects(1.0)
    assert (whole(across_subjects_ceiling(first, others, groups, settings)).p == 1 / 200).all()
    folds = make_folds(groups, 4, "grouped", seed=0)
    p = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        noise = rng.standard_normal((2, 48, 10))
        p.append(signal_ceiling(*noise, groups, folds).p[0])
    assert 0.35 < np.mean(p) < 0.65
    assert np.mean(np.array(p) <= 0.1) <= 0.25


def test_groups_that_cannot_be_exchanged_tell_nothing():
    folds = make_folds(np.repeat([0, 1], [2, 3]), 2, "grouped", seed=0)
    assert ceiling_p([np.eye(len(f.test)) for f in folds], folds, np.repeat([0, 1], [2, 3])) == 1.0
