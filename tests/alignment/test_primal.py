"""The primal side against the kernel side, refitted in every inner fold: number by number."""

import dataclasses

import numpy as np
import pytest
from noisy_columns import noisy_columns
from settings_with import replace

from pipeline.alignment.alphas import choose_alpha
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.kernel.correlations import correlate, true_patterns
from pipeline.alignment.kernel.grams import gram_matrices, z_scored
from pipeline.alignment.kernel.ridge import factorise
from pipeline.alignment.pairs import FoldTask
from pipeline.alignment.primal.arrays import FoldArray
from pipeline.alignment.primal.cost import FoldSizes, kernel_flops, prefers_primal, primal_flops
from pipeline.alignment.primal.scores import score_by_columns
from pipeline.alignment.two_vs_two import mean_correlation, rank_accuracy, two_vs_two

ALPHAS = np.geomspace(1e-3, 1e4, 9)
EXACT = {"source", "target", "alpha", "border", "position", "n_test", "n_train"}


def kernel_correlations(source, target, rows, penalties):
    """R of ridge fitted on some rows and tested on others, from the kernel of those rows."""
    ridge = factorise(source.kernel, *rows)
    return correlate(ridge.hat(penalties / ridge.scale), true_patterns(target.patterns, *rows))


def kernel_row(source, target, fold, alphas):
    """One row of scores, with a refit on the kernel side in every inner fold."""
    train, test = fold.outer.train, fold.outer.test
    scale = np.trace(source.kernel[np.ix_(train, train)]) / len(train)
    curves = []
    for inner in fold.inner:
        rows = train[inner.train], train[inner.test]
        R = kernel_correlations(source, target, rows, alphas * scale)
        curves.append((two_vs_two(R), mean_correlation(R)))
    pairs, correlation = np.mean(curves, axis=0).round(12)
    choice = choose_alpha(alphas, pairs, correlation)
    chosen = alphas[choice.position]
    R = kernel_correlations(source, target, (train, test), np.array(chosen * scale))
    return {
        "two_vs_two": two_vs_two(R),
        "correlation": mean_correlation(R),
        "rank_accuracy": rank_accuracy(R),
        "alpha": chosen,
        "alpha_absolute": chosen * scale,
        "border": choice.border,
        "inner": np.array([pairs, correlation]),
        "position": choice.position,
        "n_test": len(test),
        "n_train": len(train),
    }


def primal_rows(sources, targets, fold, similarity="pearson", alphas=ALPHAS):
    folded = [
        {n: FoldArray(z_scored(x, fold.outer.train), similarity) for n, x in side.items()}
        for side in (sources, targets)
    ]
    n = len(next(iter(sources.values())))
    task = FoldTask(0, fold, alphas, "two_vs_two", np.zeros(n), np.zeros(n, dtype=str))
    pairs = score_by_columns(*folded, task)
    rows = [dataclasses.asdict(pair) for pair in pairs]
    return [{**row, **row.pop("scores"), "sums": None} for row in rows]


def both_sides(sources, targets, fold, similarity="pearson"):
    """Rows of the primal and of the kernel side, as dictionaries."""
    x, y = (
        {name: gram_matrices(values, fold.outer.train, similarity) for name, values in side.items()}
        for side in (sources, targets)
    )
    kernel = [
        {"source": source, "target": target, **kernel_row(x[source], y[target], fold, ALPHAS)}
        for source in x
        for target in y
    ]
    return primal_rows(sources, targets, fold, similarity), kernel


def assert_same_rows(primal, kernel):
    assert len(primal) == len(kernel) > 0
    for ours, theirs in zip(primal, kernel, strict=True):
        for field, value in theirs.items():
            if field in EXACT:
                assert ours[field] == value, field
            else:
                np.testing.assert_allclose(ours[field], value, atol=1e-8, err_msg=field)


@pytest.fixture
def many_stimuli(rng):
    """More stimuli than columns, on either side; noise that makes inner alphas differ."""
    noisy = noisy_columns(rng, 240, 4)
    features = {"h.0": noisy(12, 4.0), "h.1": noisy(40, 8.0)}
    responses = {"narrow": noisy(7, 3.0), "wide": noisy(60, 9.0)}
    return features, responses


@pytest.mark.parametrize("similarity", ["pearson", "cosine"])
@pytest.mark.parametrize("split", ["grouped", "shuffled", "contiguous"])
@pytest.mark.parametrize("decoding", [False, True])
def test_both_sides_give_the_same_rows(many_stimuli, settings, split, similarity, decoding):
    sources, targets = many_stimuli[::-1] if decoding else many_stimuli
    folds = nested_folds(np.arange(240) // 4, replace(settings, split=split))
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
    for row in primal_rows(*many_stimuli, fold, alphas=np.array([np.inf])):
        assert row["two_vs_two"] == row["rank_accuracy"] == 0.5
        assert row["correlation"] == 0.0
        np.testing.assert_array_equal(row["inner"], [[0.5], [0.0]])


def test_one_voxel_can_be_predicted_from(many_stimuli, settings):
    """All its predictions are one pattern and its negative: 2v2 is made of ties, up to rounding."""
    fold = nested_folds(np.arange(240) // 4, settings)[0]
    voxel = {"voxel": many_stimuli[1]["wide"][:, :1]}
    primal, kernel = both_sides(voxel, many_stimuli[0], fold)
    for ours, theirs in zip(primal, kernel, strict=True):
        assert ours["correlation"] == pytest.approx(theirs["correlation"], abs=1e-8)


def test_inputs_are_left_as_they_were(many_stimuli, settings):
    before = [{k: v.copy() for k, v in side.items()} for side in many_stimuli]
    primal_rows(*many_stimuli, nested_folds(np.arange(240) // 4, settings)[0])
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
    fold = FoldSizes(sizes[0], sizes[0])
    assert prefers_primal(fold, *sizes[1:]) is primal
    assert prefers_primal(fold, sizes[2], sizes[1]) is primal  # the directions count alike


@pytest.mark.parametrize(("n_stimuli", "primal"), [(2500, False), (5000, False), (10_000, True)])
def test_training_stimuli_and_not_all_stimuli_choose_the_side(n_stimuli, primal):
    """In two outer and two inner folds of 4,000 voxels, as the benchmark of growth has them."""
    assert prefers_primal(FoldSizes(n_stimuli, n_stimuli // 2, 2), 768, 4000) is primal


def test_bold5000_takes_a_fortieth_of_the_operations_on_the_primal_side():
    fold = FoldSizes(4900, 4900)
    both_ways = primal_flops(fold, 768, 300) + primal_flops(fold, 300, 768)
    assert both_ways < 2 * kernel_flops(fold) / 40
