import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from settings_with import replace

from pipeline.alignment import Fold, audit_leaks, make_folds
from pipeline.alignment.folds import nested_folds
from pipeline.errors import AlignmentError

SPLITS = ("grouped", "shuffled", "contiguous")


@pytest.mark.parametrize("split", SPLITS)
def test_every_stimulus_is_tested_once_and_never_trained_on_then(split, groups):
    folds = make_folds(groups, 4, split, seed=0)
    tested = np.concatenate([fold.test for fold in folds])
    np.testing.assert_array_equal(np.sort(tested), np.arange(len(groups)))
    for fold in folds:
        np.testing.assert_array_equal(
            np.sort(np.concatenate([fold.train, fold.test])), np.arange(len(groups))
        )


@given(
    sizes=st.lists(st.integers(2, 9), min_size=3, max_size=25),
    n_folds=st.integers(2, 3),
    seed=st.integers(0, 99),
)
def test_grouped_folds_never_split_a_group(sizes, n_folds, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    for fold in make_folds(labels, n_folds, "grouped", seed):
        assert not set(labels[fold.train]) & set(labels[fold.test])


@given(sizes=st.lists(st.integers(2, 9), min_size=6, max_size=25), seed=st.integers(0, 99))
def test_grouped_folds_differ_by_at_most_the_largest_group(sizes, seed):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    tested = [len(fold.test) for fold in make_folds(labels, 3, "grouped", seed)]
    assert max(tested) - min(tested) <= max(sizes)


def test_inner_folds_split_training_rows_without_splitting_groups(groups, settings):
    for fold in nested_folds(groups, settings):
        within = groups[fold.outer.train]
        for inner in fold.inner:
            assert len(inner.train) + len(inner.test) == len(within)
            assert not set(within[inner.train]) & set(within[inner.test])


def test_the_seed_decides_the_folds(groups):
    first, again, other = (make_folds(groups, 4, "grouped", seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a.test, b.test) for a, b in zip(first, again, strict=True))
    assert any(not np.array_equal(a.test, b.test) for a, b in zip(first, other, strict=True))


def test_contiguous_folds_are_blocks_that_end_where_groups_end():
    folds = make_folds(np.repeat([5, 3, 9, 1], [7, 5, 6, 8]), 2, "contiguous", seed=0)
    np.testing.assert_array_equal(folds[0].test, np.arange(12))
    np.testing.assert_array_equal(folds[1].test, np.arange(12, 26))


def test_a_group_that_comes_back_leaks_between_contiguous_blocks():
    groups = np.repeat(["a", "b", "c", "a"], 4)
    with pytest.raises(
        AlignmentError, match=r"fold 0: expected no stimulus group.*found a on both"
    ):
        make_folds(groups, 2, "contiguous", seed=0)


def test_the_audit_names_groups_on_both_sides_unless_shuffled():
    groups = np.array(["a", "a", "b", "b", "c", "c"])
    folds = (
        Fold(np.array([0, 2, 4]), np.array([1, 3])),
        Fold(np.array([0, 1]), np.array([2, 3])),
        Fold(np.array([0, 1, 2]), np.array([3, 4, 5])),
    )
    with pytest.raises(AlignmentError, match=r"(?s)2 problems.*fold 0.*a, b on.*fold 2.*b on"):
        audit_leaks(folds, groups, "grouped")
    audit_leaks(folds, groups, "shuffled")


@pytest.mark.parametrize(
    ("labels", "n_folds", "split", "message"),
    [
        (np.repeat([0, 1, 2], 4), 5, "grouped", "at least 5 stimulus groups.*found 3"),
        (np.repeat([0, 1, 2], 4), 5, "contiguous", "at least 5 stimulus groups.*found 3"),
        (np.arange(3), 5, "shuffled", "(?s)2 problems.*at least 5 stimuli.*at least 2 test"),
        (np.arange(3), 5, "grouped", "(?s)2 problems.*at least 5 stimulus groups.*at least 2 test"),
        (
            np.array([0] * 9 + [1]),
            2,
            "grouped",
            "fold 1: expected at least 2 test stimuli; found 1",
        ),
        (np.arange(10), 1, "shuffled", "at least 2 folds; found 1"),
    ],
)
def test_folds_that_cannot_be_scored_are_refused(labels, n_folds, split, message):
    with pytest.raises(AlignmentError, match=message):
        make_folds(labels, n_folds, split, seed=0)


def test_too_few_groups_for_the_inner_folds_says_where_and_what_to_do(settings):
    settings = replace(settings, folds=3, inner_folds=4)
    with pytest.raises(AlignmentError, match=r"training rows of fold 0.*found 2.*at most 2 folds"):
        nested_folds(np.repeat([0, 1, 2], 8), settings)


def test_leave_one_group_out_tests_every_group_in_a_fold_of_its_own(groups):
    folds = make_folds(groups, 99, "leave-one-group-out", seed=0)
    assert [set(groups[fold.test]) for fold in folds] == [{name} for name in np.unique(groups)]
    for fold in folds:
        assert set(groups[fold.train]) == set(groups) - set(groups[fold.test])


def test_leave_one_group_out_has_grouped_inner_folds(groups, settings):
    nested = nested_folds(groups, replace(settings, split="leave-one-group-out"))
    assert len(nested) == 12
    for fold in nested:
        within = groups[fold.outer.train]
        assert len(fold.inner) == settings.inner_folds
        for inner in fold.inner:
            assert not set(within[inner.train]) & set(within[inner.test])


def test_a_group_of_one_stimulus_cannot_be_tested_alone():
    names = np.array(["a", "a", "b", "c", "c", "d"])
    message = r"2 of 4 groups with one stimulus: b, d.*Use split 'grouped'"
    with pytest.raises(AlignmentError, match=message):
        make_folds(names, 2, "leave-one-group-out", seed=0)


def test_one_group_alone_cannot_be_left_out():
    with pytest.raises(AlignmentError, match=r"at least 2 folds; found 1"):
        make_folds(["a"] * 6, 2, "leave-one-group-out", seed=0)


def test_blocks_are_cut_at_the_boundary_nearest_to_a_third_that_is_no_whole_number():
    folds = make_folds([f"s{n}" for n in range(8)], 3, "contiguous", seed=0)  # cuts at 8/3, 16/3
    assert [fold.test.tolist() for fold in folds] == [[0, 1, 2], [3, 4], [5, 6, 7]]


def test_too_many_folds_are_refused_with_how_many_there_can_be():
    with pytest.raises(AlignmentError, match=r"found 7 stimuli. Ask for at most 3 folds: 2v2"):
        make_folds(np.arange(7), 4, "shuffled", seed=0)


@pytest.mark.parametrize(("n_lone", "names"), [
    (5, r"a0, a1, a2, a3, a4\. "),
    (7, r"a0, a1, a2, a3, a4 and 2 more\. "),
])  # fmt: skip
def test_five_groups_are_named_and_others_counted(n_lone, names):
    groups = ["b", "b", *(f"a{n}" for n in range(n_lone))]
    with pytest.raises(AlignmentError, match=f"with one stimulus: {names}"):
        make_folds(groups, 2, "leave-one-group-out", seed=0)


def test_folds_within_contiguous_ones_are_contiguous_too(settings):
    blocks = replace(settings, split="contiguous", folds=2, inner_folds=2)
    for nested in nested_folds(np.arange(16), blocks):
        for fold in nested.inner:
            assert (np.diff(fold.test) == 1).all()


def test_a_group_whose_stimuli_lie_apart_is_kept_whole_and_audited():
    groups = np.repeat(["a", "b", "c", "d", "a", "e", "f", "g", "h"], 4)
    audit_leaks(make_folds(groups, 3, "grouped", 0), groups, "grouped")
    with pytest.raises(AlignmentError, match=r"found a on both"):
        audit_leaks(leaking(groups), groups, "grouped")


def leaking(groups):
    return (Fold(np.arange(4, len(groups)), np.arange(4)),)
