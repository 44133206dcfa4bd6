"""Methods are compared where both first reach a task score, and never beyond what both reach."""

import numpy as np
import pandas as pd
import pytest

from pipeline.alignment.contrasts.compared_pairs import PROMPTS_LESS_FULL
from pipeline.alignment.contrasts.group_scores import scores_of
from pipeline.alignment.contrasts.matched import (
    N_LEVELS,
    NOTHING_COMMON,
    Step,
    common_levels,
    matched_contrasts,
    weights_at,
)

PLACE = {
    "modality": "text", "brain": "lab", "simulated": True, "split": "grouped",
    "direction": "encoding", "base": "gpt2", "task": "sst2",
}  # fmt: skip
SUBJECTS, GROUPS, FOLDS = 3, 24, 4


def sums_with(accuracy, rng, rois=("A", "B")):
    """Draw wins over pairs of groups, four pairs of stimuli in each, with an accuracy."""
    rows = [
        {**PLACE, "roi": roi, "subject": f"s{subject}", "group_a": f"{a:02}", "group_b": f"{b:02}",
         "pairs": 16, "wins": float(rng.binomial(16, accuracy))}
        for roi in rois
        for subject in range(SUBJECTS)
        for fold in range(FOLDS)
        for a in range(fold, GROUPS, FOLDS)
        for b in range(a + FOLDS, GROUPS, FOLDS)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def training(scores, accuracies, seed=0):
    rng = np.random.default_rng(seed)
    return [Step(v, sums_with(a, rng)) for v, a in zip(scores, accuracies, strict=True)]


def test_a_score_is_reached_between_the_steps_on_either_side_of_it():
    assert weights_at([0.2, 0.6, 1.0], 0.3) == pytest.approx({0: 0.75, 1: 0.25})
    assert weights_at([0.2, 0.6, 1.0], 0.2) == {0: 1.0}
    assert weights_at([0.2, 0.6, 1.0], 1.0) == pytest.approx({1: 0.0, 2: 1.0})


def test_it_counts_when_a_score_is_first_reached_though_it_may_be_lost_again():
    assert weights_at([0.2, 0.6, 0.4, 0.8], 0.5) == pytest.approx({0: 0.25, 1: 0.75})


def test_levels_lie_where_all_trainings_have_been():
    one, other = [0.2, 0.9, 0.7], [0.4, 0.8]
    assert common_levels([one, other]) == pytest.approx(np.linspace(0.4, 0.8, N_LEVELS))
    assert common_levels([one, [0.95, 0.99]]) == []


def test_an_interpolated_score_is_the_weighted_mean_of_its_neighbours():
    """Closed form: accuracy and every pseudo-value are linear in the scores."""
    steps = {m: {"0": training([0.0, 1.0], [a, b], seed)}
             for m, a, b, seed in (("prompt", 0.5, 0.9, 1), ("full", 0.6, 0.7, 2))}  # fmt: skip
    table = matched_contrasts(steps, ["prompt"], 0.02, PROMPTS_LESS_FULL)
    whole = {
        (method, n): np.mean(
            [scores_of(own.assign(seed=0)).whole.mean() for _, own in step.sums.groupby("roi")]
        )
        for method, trainings in steps.items()
        for n, step in enumerate(trainings["0"])
    }
    ends = [whole["prompt", n] - whole["full", n] for n in (0, 1)]
    levels = table[table.level.notna()]
    np.testing.assert_allclose(
        levels.difference, (1 - levels.level) * ends[0] + levels.level * ends[1]
    )
    assert table.difference.iloc[-1] == pytest.approx(np.mean(ends))
    assert (table.low < table.difference).all()
    assert (table.difference < table.high).all()
    assert set(table.contrast) == {"prompt \u2212 full"}


def test_methods_that_differ_in_task_score_alone_do_not_differ_at_equal_score():
    """Brain score is one function of task score in both; prompts have learnt half as much."""
    scores = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
    steps = {
        "prompt": {str(s): training(scores[:3], 0.5 + 0.3 * scores[:3], s) for s in range(3)},
        "full": {str(s): training(scores[1:], 0.5 + 0.3 * scores[1:], 9 + s) for s in range(3)},
    }
    table = matched_contrasts(steps, ["prompt"], 0.02, PROMPTS_LESS_FULL)
    mean = table[table.level.isna()].iloc[0]
    assert mean.low < 0 < mean.high
    assert abs(mean.difference) < 0.01
    assert table.level.max() == 0.5  # as far as prompts came
    ends = [scores_of(own[-1].sums.assign(seed=0)).whole.mean() for own in
            (steps["prompt"]["0"], steps["full"]["0"])]  # fmt: skip
    assert ends[1] - ends[0] > 0.1  # which is what an unmatched comparison would say


def test_without_a_common_score_there_is_no_contrast_and_a_reason():
    steps = {"prompt": {"0": training([0.1, 0.2], [0.5, 0.6])},
             "full": {"0": training([0.5, 0.9], [0.5, 0.6])}}  # fmt: skip
    (row,) = matched_contrasts(steps, ["prompt"], 0.02, PROMPTS_LESS_FULL).itertuples()
    assert row.reason == NOTHING_COMMON
    assert row.direction == "encoding"


def test_a_study_without_both_methods_has_nothing_to_compare():
    alone = {"prompt": {"0": training([0.1, 0.2], [0.5, 0.6])}}
    assert matched_contrasts(alone, ["prompt"], 0.02, PROMPTS_LESS_FULL).empty
