"""Rows to train on and rows to test on are disjoint, seeded, whole groups."""

import numpy as np
import pytest
from few_examples import few_examples
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.choosing import assign, deal_rows, few_shots
from pipeline.errors import ConfigError, DataError


def request(**changes):
    return few_examples(**{"max_train": 10, "max_eval": 5, "seed": 0, **changes})


@pytest.mark.parametrize(
    ("available", "labelled", "assignment"),
    [
        (("train", "validation", "test"), True, ("train", "validation", "test")),
        (("train", "validation", "test"), False, ("train", "validation", "validation")),
        (("train", "test"), True, ("train", "train", "test")),
        (("train", "validation"), True, ("train", "validation", "validation")),
        (("train", "validation_matched", "validation_mismatched", "test_matched"), False,
         ("train", "validation_matched", "validation_matched")),
        (("xquad.en",), True, ("xquad.en",) * 3),
    ],
)  # fmt: skip
def test_the_usual_splits_are_taken_and_divided_where_one_is_missing(
    available, labelled, assignment
):
    assert assign(available, request(), labelled) == assignment


def test_splits_can_be_named_in_the_files_own_words():
    available = ("validation", "test", "extra")
    named = assign(available, request(splits="dev, dev,extra"), labelled_test=True)
    assert named == ("validation", "validation", "extra")


def test_names_of_splits_that_are_not_there_are_refused_with_those_that_are():
    with pytest.raises(ConfigError, match=r"splits: expected three names of splits.*train, test"):
        assign(("train", "test"), request(splits="train,nowhere,test"), labelled_test=True)


def test_a_corpus_without_anything_to_train_on_is_refused_with_the_names_there_are():
    with pytest.raises(
        DataError, match=r"expected one to train on; found validation, test.*splits="
    ):
        assign(("validation", "test"), request(), labelled_test=True)


@given(
    groups=st.lists(st.integers(0, 12), min_size=1, max_size=60),
    parts=st.sampled_from(
        [("train", "validation", "test"), ("train", "validation"), ("validation", "test")]
    ),
    seed=st.integers(0, 5),
)
def test_a_divided_split_is_dealt_out_once_and_whole_groups_stay_together(groups, parts, seed):
    dealt = deal_rows(len(groups), parts, lambda i: groups[i], request(seed=seed), "train")
    assert sorted(index for rows in dealt.values() for index in rows) == list(range(len(groups)))
    members = [{groups[index] for index in rows} for rows in dealt.values()]
    assert sum(map(len, members)) == len(set.union(*members))


def test_what_is_evaluated_does_not_depend_on_how_much_is_trained_on():
    parts = ("train", "validation", "test")
    few, many = (deal_rows(100, parts, None, request(max_train=n), "all") for n in (2, 90))
    assert few["test"] == many["test"]
    assert len(few["test"]) == len(few["validation"]) == 5


def test_evaluation_takes_at_most_a_fifth_of_what_training_shares_and_half_of_what_it_does_not():
    large = request(max_eval=1000)
    shared = deal_rows(50, ("train", "validation", "test"), None, large, "train")
    assert {part: len(rows) for part, rows in shared.items()} == {
        "train": 30, "validation": 10, "test": 10,
    }  # fmt: skip
    halves = deal_rows(50, ("validation", "test"), None, large, "validation")
    assert {len(rows) for rows in halves.values()} == {25}


def test_the_seed_and_the_split_decide_the_order():
    orders = [
        tuple(deal_rows(50, ("train",), None, request(seed=seed), name)["train"])
        for seed, name in ((0, "a"), (0, "a"), (1, "a"), (0, "b"))
    ]
    assert orders[0] == orders[1]
    assert len(set(orders)) == 3


@given(
    labels=st.lists(st.integers(0, 2), max_size=40).map(lambda more: [*[0, 1, 2] * 3, *more]),
    shots=st.integers(1, 3),
)
def test_few_shots_are_the_first_of_each_class_and_no_more_is_looked_at(labels, shots):
    looked = []
    indices = few_shots((looked.append(label) or label for label in labels), ("a", "b", "c"), shots)
    assert np.bincount([labels[i] for i in indices]).tolist() == [shots] * 3
    for index in indices:
        assert labels[:index].count(labels[index]) < shots
    assert len(looked) == indices[-1] + 1


def test_a_class_with_too_few_examples_is_named():
    expected = r"shots: expected 3 examples of each class.*; found 1 of b, 0 of c\. Lower shots"
    with pytest.raises(DataError, match=expected):
        few_shots([0, 0, 0, 1], ("a", "b", "c"), 3)
