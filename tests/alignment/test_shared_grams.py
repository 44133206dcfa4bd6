"""Gram matrices that the models of a process share."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.alignment import VoxelColumns
from pipeline.alignment.dataset import subject_rois
from pipeline.alignment.dataset.subject_rois import SubjectRois, align_rois, encode_both
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.kernel.grams import grams_by_fold
from pipeline.alignment.kernel.shared_grams import SharedGrams, n_bytes


@pytest.fixture
def trains(groups, settings):
    return [fold.outer.train for fold in nested_folds(groups, settings)]


@pytest.fixture
def formed():
    """ROIs whose matrices were made anew, call by call."""
    calls = []

    def counted(responses, trains, similarity):
        calls.append(tuple(responses))
        return grams_by_fold(responses, trains, similarity)

    return SimpleNamespace(calls=calls, form=counted)


def test_equal_responses_are_formed_once(subject, trains, formed):
    shared, responses = SharedGrams(form=formed.form), subject[1]
    first = shared(responses, trains, "pearson")
    copies = {roi: y.copy() for roi, y in responses.items()}
    assert shared(copies, [train.copy() for train in trains], "pearson") is first
    assert len(formed.calls) == 1


def test_other_values_columns_folds_or_similarities_are_formed_anew(subject, trains, formed):
    shared, responses = SharedGrams(form=formed.form), subject[1]
    values = np.hstack(list(responses.values()))
    turned = values.copy()
    turned[3, 5] += 1
    for array, columns in ((values, [3, 4, 5]), (turned, [3, 4, 5]), (values, [3, 4, 6])):
        shared({"a": VoxelColumns(array, np.array(columns))}, trains, "pearson")
    shared(responses, trains, "pearson")
    shared(responses, trains, "cosine")
    shared(responses, trains[:2], "pearson")
    shared(dict(zip(reversed(responses), responses.values(), strict=True)), trains, "pearson")
    assert len(formed.calls) == 7


def test_what_was_not_asked_for_the_longest_makes_room(subject, trains, formed):
    responses = subject[1]
    two = 2 * n_bytes(grams_by_fold(responses, trains[:2], "pearson"))
    shared = SharedGrams(two, formed.form)
    first, second, third = trains[:2], trains[1:3], trains[2:4]
    for some in (first, second, first, third, first, second):
        shared(responses, some, "pearson")
    assert len(formed.calls) == 4  # the second made room for the third


def test_what_has_no_room_is_formed_each_time(subject, trains, formed):
    shared = SharedGrams(most_bytes=10, form=formed.form)
    for _ in range(2):
        shared(subject[1], trains, "pearson")
    assert len(formed.calls) == 2


def test_a_model_and_the_same_beside_nuisance_share_the_matrices(
    subject, groups, settings, formed, monkeypatch
):
    monkeypatch.setattr(subject_rois, "GRAMS", SharedGrams(form=formed.form))
    features, responses = subject
    values = np.hstack(list(responses.values()))
    ends = np.cumsum([y.shape[1] for y in responses.values()])
    places = dict(zip(responses, np.split(np.arange(values.shape[1]), ends[:-1]), strict=True))
    some = SubjectRois(values, places, np.arange(len(values)), np.asarray(groups).astype(str))
    nuisance = {"length": np.arange(len(values), dtype=float)[:, None]}
    align_rois(some, features, settings)
    encode_both(some, nuisance, features, settings)
    align_rois(some, {name: x**3 for name, x in features.items()}, settings)
    assert len(formed.calls) == 1
