"""Frames that cannot be reported are refused, all problems at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import DataError
from pipeline.reporting.frames import FRAMES
from pipeline.reporting.results import StudyResults


def test_every_frame_of_a_study_is_declared_and_checked():
    assert {name for name, form in FRAMES.items() if form.needed} == {"brain_scores"}
    assert set(FRAMES) == set(StudyResults.__dataclass_fields__) - {"title", "settings"}


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_without_its_columns_is_refused(make_results, name):
    with pytest.raises(DataError, match=f"{name}: columns: expected"):
        make_results(**{name: pd.DataFrame({"other": [1]})})


def test_empty_frames_are_refused(make_results):
    with pytest.raises(DataError, match="brain_scores: expected at least one row"):
        make_results(brain_scores=pd.DataFrame())


def test_all_missing_columns_are_named_at_once(make_results):
    results = make_results()
    tasks = results.task_scores.drop(columns=["metric", "seed"])
    brains = results.brain_scores.drop(columns=["roi", "split"])
    with pytest.raises(DataError, match=r"(?s)no seed, metric.*no split, roi"):
        make_results(task_scores=tasks, brain_scores=brains)


@pytest.mark.parametrize(
    ("frame", "column", "bad", "message"),
    [
        ("task_scores", "score", np.nan, "task_scores: score: .* in 1 of 15 rows"),
        ("brain_scores", "two_vs_two", np.nan, "brain_scores: two_vs_two: .* NaN"),
        ("brain_scores", "two_vs_two", np.inf, "brain_scores: two_vs_two"),
        ("brain_scores", "two_vs_two", 71.3, "Give fractions, not percentages"),
        ("brain_scores", "task", "poetry", "no modality, for poetry"),
        ("ceilings", "two_vs_two", np.nan, "ceilings: two_vs_two"),
        ("contrasts", "difference", np.nan, "contrasts: difference"),
    ],
)
def test_scores_that_cannot_be_reported_are_refused(make_results, frame, column, bad, message):
    damaged = getattr(make_results(), frame).copy()
    damaged.loc[damaged.index[0], column] = bad
    with pytest.raises(DataError, match=message):
        make_results(**{frame: damaged})


def test_an_interval_may_be_missing_where_a_reason_is_there(make_results):
    contrasts = make_results().contrasts
    bare = contrasts.assign(low=np.nan, high=np.nan, p=np.nan, p_holm=np.nan, reason="one subject")
    assert make_results(contrasts=bare).contrasts["low"].isna().all()


def test_repeated_rows_are_refused(make_results):
    brains = make_results().brain_scores
    with pytest.raises(DataError, match="1 repeated"):
        make_results(brain_scores=pd.concat([brains, brains.head(1)]))


def test_layers_that_an_axis_cannot_show_are_refused(make_results):
    named = make_results().layer_profile
    named["layer"] = named["layer"].map("layer_{:02d}".format)
    with pytest.raises(DataError, match="layer_profile: layer: expected numbers"):
        make_results(layer_profile=named)
