"""The primal side against the kernel side: the same rows, number by number."""

import dataclasses

import numpy as np
import pytest

from pipeline.alignment.engine import fold_grams, score_direction
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.primal import fold_arrays, score_direction_primal
from pipeline.alignment.primal_cost import kernel_flops, prefers_primal, primal_flops
from pipeline.errors import AlignmentError

ALPHAS = np.geomspace(1e-3, 1e4, 9)
EXACT = {"source", "target", "alpha", "alpha_at_border", "position", "n_test", "n_train"}


def both_sides(sources, targets, fold, similarity="pearson", alphas=ALPHAS):
    """Rows of the primal and of the kernel side, as dictionaries."""
    train = fold.outer.train
    primal = score_direction_primal(
        *(fold_arrays(arrays, train, similarity, "fold 0,") for arrays in (sources, targets)),
        fold,
        alphas,
    )
    kernel = score_direction(
        *(fold_grams(arrays, train, similarity, "fold 0,") for arrays in (sources, targets)),
        fold,
        alphas,
    )
    return [[dataclasses.asdict(pair) for pair in side] for side in (primal, kernel)]


def assert_same_rows(primal, kernel):
    assert len(primal) == len(kernel) > 0
    for ours, theirs in zip(primal, kernel, strict=True):
        assert ours.keys() == theirs.keys()
        for field, value in ours.items():
            if field in EXACT:
                assert value == theirs[field], field
            else:
                np.testing.assert_allclose(value, theirs[field], atol=1e-8, err_msg=field)


@pytest.fixture
def many_stimuli(rng):
    """More stimuli than columns, on either side; noise that makes inner alphas differ."""
    signal = rng.standard_normal((240, 4))

    def noisy(n_columns, noise):
        drawn = signal @ rng.standard_normal((4, n_columns))
        return drawn + noise * rng.standard_normal((240, n_columns))

    features = {"h.0": noisy(12, 4.0), "h.1": noisy(40, 8.0)}
    responses = {"narrow": noisy(7, 3.0), "wide": noisy(60, 9.0)}
    return features, responses


@pytest.mark.parametrize("similarity", ["pearson", "cosine"])
@pytest.mark.parametrize("split", ["grouped", "shuffled", "contiguous"])
@pytest.mark.parametrize("decoding", [False, True])
def test_both_sides_give_the_same_rows(many_stimuli, settings, split, similarity, decoding):
    sources, targets = many_stimuli[::-1] if decoding else many_stimuli
    folds = nested_folds(np.arange(240) // 4, dataclasses.replace(settings, split=split))
    chosen = set()
    for fold in folds[:2]:
        primal, kernel = both_sides(sources, targets, fold, similarity)
        assert_same_rows(primal, kernel)
        chosen |= {row["alpha"] for row in primal}
    assert len(chosen) > 1


def test_more_columns_than_stimuli_change_nothing(subject, groups, settings):
    """The primal side is then the dearer one, and still right."""
    fold = nested_folds(groups, settings)[1]
    for sides in (subject, subject[::-1]):
        assert_same_rows(*both_sides(*sides, fold))


def test_collinear_and_constant_columns_change_nothing(many_stimuli, settings):
    fold = nested_folds(np.arange(240) // 4, settings)[0]
    features, responses = many_stimuli
    padded = {k: np.hstack([v, v, np.full((240, 2), 0.1)]) for k, v in features.items()}
    assert_same_rows(*both_sides(padded, responses, fold))
    assert_same_rows(*both_sides(responses, padded, fold))


def test_a_penalty_without_bounds_predicts_nothing_and_ties_every_pair(many_stimuli, settings):
    fold = nested_folds(np.arange(240) // 4, settings)[0]
    sides = [fold_arrays(side, fold.outer.train, "pearson", "fold 0,") for side in many_stimuli]
    for row in score_direction_primal(*sides, fold, np.array([np.inf])):
        assert (row.two_vs_two, row.rank_accuracy, row.correlation) == (0.5, 0.5, 0.0)
        assert (row.inner_two_vs_two[0], row.inner_correlation[0]) == (0.5, 0.0)


def test_an_alpha_of_zero_is_refused(many_stimuli, settings):
    fold = nested_folds(np.arange(240) // 4, settings)[0]
    with pytest.raises(AlignmentError, match=r"alpha: expected above 0; found 0\.0"):
        both_sides(*many_stimuli, fold, alphas=np.array([0.0, 1.0]))


def test_arrays_that_cannot_be_aligned_are_refused_together(many_stimuli, settings):
    train = nested_folds(np.arange(240) // 4, settings)[0].outer.train
    features, _ = many_stimuli
    broken = {"h.0": np.ones((240, 3)), "h.1": features["h.1"][:, :1], "h.2": features["h.0"]}
    message = r"(?s)2 problems.*fold 0, layer h.0.*only constant.*fold 0, layer h.1.*constant patt"
    with pytest.raises(AlignmentError, match=message):
        fold_arrays(broken, train, "pearson", "fold 0, layer")


def test_inputs_are_left_as_they_were(many_stimuli, settings):
    before = [{k: v.copy() for k, v in side.items()} for side in many_stimuli]
    both_sides(*many_stimuli, nested_folds(np.arange(240) // 4, settings)[0])
    for side, copies in zip(many_stimuli, before, strict=True):
        for name, values in side.items():
            np.testing.assert_array_equal(values, copies[name])


@pytest.mark.parametrize(
    ("sizes", "primal"),
    [
        ((4900, 768, 300), True),  # BOLD5000, a usual region
        ((4900, 768, 1600), True),  # its largest
        ((627, 768, 11437), False),  # Pereira 2018
        ((100, 784, 3092), False),  # digit69
        ((627, 128, 100), True),
    ],
)
def test_the_side_follows_from_the_sizes(sizes, primal):
    assert prefers_primal(*sizes) is primal
    assert prefers_primal(sizes[0], sizes[2], sizes[1]) is primal  # the directions count alike


def test_bold5000_takes_a_fiftieth_of_the_operations_on_the_primal_side():
    both_ways = primal_flops(4900, 768, 300) + primal_flops(4900, 300, 768)
    assert both_ways < 2 * kernel_flops(4900) / 50
