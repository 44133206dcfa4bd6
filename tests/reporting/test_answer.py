"""The first lines of a report say what was found, how surely, and why to doubt it."""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from study_differences import contrast_frames

from pipeline.reporting.answer import NOT_COMPARED, NOT_COMPUTED, answer_of
from pipeline.words import BETWEEN_MODELS


def with_difference(results, difference, half=0.02, **changed):
    """Give a study whose every mean difference, with its interval, is what one says."""
    overall = results.overall.assign(
        difference=difference, low=difference - half, high=difference + half, visible_from=0.0312
    )
    alike = results.contrasts.assign(p_holm=1.0)
    return {"overall": overall.assign(**changed), "contrasts": alike}


def test_where_nothing_is_visible_the_first_line_says_what_would_have_been(make_results):
    answer = answer_of(make_results(**with_difference(make_results(), 0.001)))
    assert answer.headline == "No difference visible; differences above 0.031 would have been."
    assert "+0.001, 95 % interval \u22120.019 to +0.021" in answer.sentences[0]


def test_cells_that_differ_are_told_where_their_mean_does_not(make_results):
    results = make_results()
    of_prompts = results.contrasts.query("direction == 'encoding' and method_b == 'full'")
    one = results.contrasts.index == of_prompts.index[0]
    cells = results.contrasts.assign(p_holm=np.where(one, 0.01, 1.0))
    answer = answer_of(make_results(**{**with_difference(results, 0.001), "contrasts": cells}))
    assert re.fullmatch(
        r"No difference visible in the mean, where one above 0\.031 would have been; "
        r"1 of \d+ cells differ\.",
        answer.headline,
    )


@pytest.mark.parametrize(("difference", "word"), [(0.05, "higher"), (-0.05, "lower")])
def test_a_visible_difference_is_named_with_its_direction_and_interval(
    make_results, difference, word
):
    answer = answer_of(make_results(**with_difference(make_results(), difference)))
    assert (
        f"Language (simulated): prompt tuning is {word} than full fine-tuning." in answer.headline
    )
    assert f"prompt tuning scores {word} than full fine-tuning" in answer.sentences[0]
    assert all(f", {word}" in text for f in answer.findings for text in f.by_direction.values())


def test_an_answer_without_an_interval_says_why(make_results):
    bare = {"low": np.nan, "high": np.nan, "p": np.nan, "reason": "one subject"}
    answer = answer_of(make_results(**with_difference(make_results(), 0.05, **bare)))
    assert answer.headline == ("No interval can be given, so there is no answer yet: one subject.")
    assert "no interval: one subject" in answer.sentences[0]
    assert answer.findings[0].by_direction["encoding"] == "+0.050 (no interval)"
    assert answer.without_interval == ("one subject",)


def test_of_one_subject_the_answer_says_whom_its_interval_is_about(make_results):
    answer = answer_of(make_results(**with_difference(make_results(), 0.001, n_subjects=1)))
    assert answer.headline == "No difference visible; differences above 0.031 would have been."
    assert "over new stimuli alone and says nothing of other subjects" in answer.lines[-1]


def test_encoding_answers_and_decoding_stands_beside_it(make_results):
    overall = make_results().overall
    decoding = overall["direction"] == "decoding"
    visible = overall.assign(
        difference=np.where(decoding, 0.2, 0.0),
        low=np.where(decoding, 0.1, -0.1),
        high=np.where(decoding, 0.3, 0.1),
    )
    answer = answer_of(make_results(overall=visible))
    assert answer.headline.startswith("No difference visible")
    assert answer.directions == ["encoding", "decoding"]
    assert answer.findings[0].by_direction["decoding"].endswith(", higher")
    only = answer_of(make_results(overall=visible[decoding]))
    assert "prompt tuning is higher" in only.headline


@pytest.mark.parametrize(
    ("n_models", "headline"),
    [
        (2, "Language (simulated): model 0 is higher than model 1."),
        (5, "10 of 10 differences between models are visible (95 %)."),
    ],
)
def test_models_as_they_are_are_named_where_they_are_few_and_else_counted(
    make_results, n_models, headline
):
    results = make_results()
    row = results.overall[results.overall["direction"] == "encoding"].iloc[[0]]
    pairs = combinations([f"model {n}" for n in range(n_models)], 2)
    named = [
        row.assign(method_a=a, method_b=b, contrast=f"{a} \u2212 {b}", family=BETWEEN_MODELS)
        for a, b in pairs
    ]
    overall = pd.concat(named, ignore_index=True)
    answer = answer_of(make_results(**with_difference(make_results(overall=overall), 0.05)))
    assert answer.headline == headline
    assert len([s for s in answer.sentences if "model 0" in s]) == (1 if n_models == 2 else 0)


def test_a_prompt_beside_weights_that_all_train_is_no_prompt_tuning(make_results):
    results = make_results()
    tasks = results.task_scores.assign(trains_prompts_only=False)
    assert answer_of(make_results(task_scores=tasks)).headline == NOT_COMPARED


def test_without_contrasts_there_is_nothing_to_compare(make_results):
    results = make_results()
    scores = results.brain_scores
    answer = answer_of(make_results(brain_scores=scores[scores["method"] == "base"]))
    assert answer.headline == NOT_COMPARED
    assert answer.findings == ()


def test_differences_that_were_not_computed_are_not_called_not_compared(make_results):
    answer = answer_of(make_results(overall=pd.DataFrame(), contrasts=pd.DataFrame()))
    assert answer.headline == NOT_COMPUTED


def test_two_brains_of_a_modality_are_told_apart_and_shuffled_folds_do_not_answer(make_results):
    overall = make_results().overall
    twice = pd.concat([overall, overall.assign(brain="lab"), overall.assign(split="shuffled")])
    answer = answer_of(make_results(overall=twice))
    assert {finding.where for finding in answer.findings} == {
        f"{modality}, {brain}"
        for modality, brain in (
            ("Language", "pereira-simulated"),
            ("Language", "lab (simulated)"),
            ("Pictures", "bold5000-simulated"),
            ("Pictures", "lab (simulated)"),
        )
    }
    assert len(answer.sentences) == 4


def test_a_modality_without_prompt_tuning_is_named(make_results):
    overall = make_results().overall
    answer = answer_of(make_results(overall=overall[overall["modality"] == "text"]))
    assert answer.sentences[-1].startswith("Pictures: no prompt tuning was run")


def test_measured_and_simulated_subjects_never_share_a_line(make_results):
    overall = make_results(simulated=False).overall
    answer = answer_of(make_results(overall=overall))
    assert not any("simulated" in finding.where for finding in answer.findings)
    assert any("Subjects are simulated" in ground.text for ground in answer.grounds)


def grounds_of(results):
    return {ground.text: ground.doubtful for ground in answer_of(results).grounds}


def test_of_models_as_they_are_no_training_is_counted(make_results):
    overall = make_results().overall
    pair = overall[overall["direction"] == "encoding"].iloc[[0]].assign(family=BETWEEN_MODELS)
    named = pair.assign(method_a="gpt2", method_b="opt", contrast="gpt2 \u2212 opt")
    (sizes,) = [t for t in grounds_of(make_results(overall=named)) if "stimulus groups" in t]
    assert sizes == (
        "Language (simulated): 3 subjects, 24 stimulus groups: few subjects; the difference is "
        "between these very models, not between ways to train them."
    )


def test_grounds_count_subjects_groups_seeds_cells_and_what_was_stopped(make_results):
    grounds = grounds_of(make_results())
    counts = "3 subjects, 24 stimulus groups, 1 training seed"
    assert any(counts in text and doubtful for text, doubtful in grounds.items())
    assert grounds["No stimulus group is in training and test at once."] is False
    (unfinished,) = [text for text in grounds if text.startswith("Unfinished trainings")]
    assert "1 of 10 were ended by their budget" in unfinished
    assert "by up to 0.5 in 100 steps" in unfinished
    budget = (
        "All methods of a task were given the same budget: 300 steps of 16 examples at most; "
        "each used 4,000 to 4,800 examples, those of its search included."
    )
    assert grounds[budget] is False
    differing = make_results().contrasts.query(
        "method_a in ('prompt', 'vpt-shallow') and method_b == 'full' and p_holm <= .05"
        " and direction == 'encoding'"
    )
    corrected = f"{len(differing)} of 18 cells differ after Holm's correction (encoding)."
    assert corrected in grounds


def test_unequal_budgets_are_a_doubt_that_names_them(make_results):
    scores = make_results().task_scores
    more = (scores["task"] == "digits") & (scores["method"] == "full")
    scores = scores.assign(budget=scores["budget"].mask(more, "900 steps of 16 examples"))
    (text,) = [
        t
        for t, doubtful in grounds_of(make_results(task_scores=scores)).items()
        if "budgets" in t and doubtful
    ]
    assert text.startswith("Methods were given unequal budgets in 1 of 5 tasks (digits: ")
    assert "full fine-tuning 900 steps of 16 examples" in text
    assert "shallow visual prompt tuning 300 steps of 16 examples" in text


def test_trainings_of_which_nothing_is_known_are_a_doubt_and_finished_ones_a_ground(make_results):
    scores = make_results().task_scores
    trained = scores["budget"] != ""
    unknown = scores.assign(stopped=scores["stopped"].mask(trained, ""), beats_base="")
    grounds = grounds_of(make_results(task_scores=unknown))
    assert grounds["Of 10 of 10 trainings it is not known what ended them."] is True
    done = scores.assign(stopped=scores["stopped"].mask(trained, "patience"))
    grounds = grounds_of(make_results(task_scores=done))
    assert grounds["All 10 trainings ended with no lower loss in sight."] is False


def test_tuned_models_that_are_no_better_than_their_base_are_a_doubt(make_results):
    scores = make_results().task_scores
    idle = (scores["task"] == "digits") & (scores["method"] == "full")
    scores = scores.assign(beats_base=scores["beats_base"].mask(idle, "false"))
    grounds = grounds_of(make_results(task_scores=scores))
    assert grounds["1 of 10 tuned models is not better than its base (95 %)."] is True


def test_shuffled_folds_and_alphas_on_the_border_are_doubts(make_results):
    scores = make_results().brain_scores.assign(split="shuffled", alpha_at_border=True)
    frames = contrast_frames(scores, make_results().task_scores)
    grounds = grounds_of(make_results(brain_scores=scores, **frames))
    doubts = [text for text, doubtful in grounds.items() if doubtful]
    assert any("Folds split stimulus groups" in text for text in doubts)
    assert any("100 % of the chosen alphas lie on the border" in text for text in doubts)


def test_lines_for_a_terminal_end_with_the_doubts(make_results):
    lines = answer_of(make_results()).lines
    assert "Subjects are simulated: that says nothing about brains." in lines[-1]
