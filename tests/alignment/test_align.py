import numpy as np
import pandas as pd
import pytest
from settings_with import replace

from pipeline.alignment import align
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.scores import SCORES

COLUMNS = [
    "direction",
    "roi",
    "layer",
    "fold",
    *SCORES,
    "n_pairs_within",
    "alpha",
    "alpha_absolute",
    "alpha_at_border",
    "inner_two_vs_two",
    "inner_correlation",
    "n_test",
    "n_train",
]


@pytest.fixture
def scores(subject, groups, settings):
    return align(*subject, groups, settings)


def test_one_row_for_each_direction_roi_layer_and_fold(scores):
    assert list(scores.columns) == COLUMNS
    keys = scores[["direction", "roi", "layer", "fold"]]
    expected = [
        (direction, roi, layer, fold)
        for direction in ("encoding", "decoding")
        for roi in ("language", "vision")
        for layer in ("h.0", "h.1")
        for fold in range(4)
    ]
    assert list(keys.itertuples(index=False, name=None)) == expected


def test_no_value_is_ever_nan(scores):
    assert not scores.isna().any(axis=None)


def test_a_shared_signal_is_found_in_both_directions(scores):
    assert (scores.groupby("direction").two_vs_two.mean() > 0.75).all()


def test_unrelated_features_score_one_half(groups, settings):
    settings = replace(settings, folds=3, inner_folds=2, trials=2)

    def drawn(seed):
        rng = np.random.default_rng(seed)
        features = {"h.0": rng.standard_normal((48, 20))}
        return align(features, {"roi": rng.standard_normal((48, 30))}, groups, settings)

    means = [drawn(seed).groupby("direction").two_vs_two.mean() for seed in range(40)]
    assert np.mean(means, axis=0) == pytest.approx([0.5, 0.5], abs=0.03)


def test_the_same_seed_gives_the_same_table(subject, groups, settings, scores):
    pd.testing.assert_frame_equal(scores, align(*subject, groups, settings), check_exact=True)


def test_decoding_is_encoding_with_features_and_responses_exchanged(subject, groups, settings):
    features, responses = subject
    forward = align(features, responses, groups, settings)
    backward = align(responses, features, groups, settings)
    exchanged = backward.rename(columns={"roi": "layer", "layer": "roi"}).replace(
        {"direction": {"encoding": "decoding", "decoding": "encoding"}}
    )
    keys = ["direction", "roi", "layer", "fold"]
    pd.testing.assert_frame_equal(
        forward.set_index(keys).sort_index(), exchanged.set_index(keys).sort_index()[COLUMNS[4:]]
    )


def test_test_stimuli_take_no_part_in_the_choice_of_alpha(subject, groups, settings, scores, rng):
    features, responses = ({k: v.copy() for k, v in side.items()} for side in subject)
    test = nested_folds(groups, settings)[0].outer.test
    for values in (*features.values(), *responses.values()):
        values[test] = 50 * rng.standard_normal(values[test].shape)
    changed = align(features, responses, groups, settings)
    chosen = ["alpha", "inner_two_vs_two"]
    of_fold = scores.fold == 0
    pd.testing.assert_frame_equal(scores[of_fold][chosen], changed[of_fold][chosen])
    np.testing.assert_allclose(
        scores[of_fold].inner_correlation, changed[of_fold].inner_correlation, atol=1e-10
    )
    assert not np.allclose(scores[of_fold].correlation, changed[of_fold].correlation)


def test_shuffled_folds_leak_where_noise_is_shared_within_groups(settings):
    """Nothing links features and responses but which passage a stimulus is from."""
    groups = np.repeat(np.arange(12), 4)

    def mean_score(split, seed):
        rng = np.random.default_rng(seed)
        drawn = [
            rng.standard_normal((12, 30))[groups] + 0.5 * rng.standard_normal((48, 30))
            for _ in range(2)
        ]
        settings_of_split = replace(settings, split=split, trials=3)
        return align({"h": drawn[0]}, {"r": drawn[1]}, groups, settings_of_split).two_vs_two.mean()

    grouped, shuffled = (
        np.mean([mean_score(split, seed) for seed in range(8)]) for split in ("grouped", "shuffled")
    )
    assert grouped == pytest.approx(0.5, abs=0.1)
    assert shuffled > 0.85


def test_float32_and_float64_agree(subject, groups, settings):
    single = [{k: v.astype(np.float32) for k, v in side.items()} for side in subject]
    double = [{k: v.astype(np.float64) for k, v in side.items()} for side in single]
    pd.testing.assert_frame_equal(
        align(*single, groups, settings), align(*double, groups, settings), check_exact=True
    )
    original = align(*subject, groups, settings)
    np.testing.assert_allclose(
        align(*single, groups, settings).correlation, original.correlation, atol=1e-5
    )


def test_features_without_variance_change_nothing(subject, groups, settings, scores):
    features, responses = subject
    padded = {k: np.hstack([v, np.full((48, 1), 0.1)]) for k, v in features.items()}
    encoding = scores.direction == "encoding"
    np.testing.assert_allclose(
        align(padded, responses, groups, settings)[encoding].correlation,
        scores[encoding].correlation,
        atol=1e-12,
    )


def test_duplicated_features_and_voxels_change_nothing(subject, groups, settings, scores):
    doubled = [{k: np.hstack([v, v]) for k, v in side.items()} for side in subject]
    table = align(*doubled, groups, settings)
    np.testing.assert_allclose(table.correlation, scores.correlation, atol=1e-6)
    np.testing.assert_array_equal(table.two_vs_two, scores.two_vs_two)


def test_inputs_are_left_as_they_were(subject, groups, settings):
    before = [{k: v.copy() for k, v in side.items()} for side in subject]
    align(*subject, groups, settings)
    for side, copies in zip(subject, before, strict=True):
        for name, values in side.items():
            np.testing.assert_array_equal(values, copies[name])
