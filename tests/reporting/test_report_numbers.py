"""Numbers in tables equal what one computes by hand."""

from __future__ import annotations

import itertools
import math

import pandas as pd
import pytest

from pipeline.reporting import aggregate
from pipeline.reporting.methods import LOOKS, looks_of, ordered_methods
from pipeline.reporting.sections.accuracy import two_vs_two_table
from pipeline.reporting.sections.main_table import main_table
from pipeline.reporting.sections.tasks import cost_table, task_table
from pipeline.reporting.table import MISSING, error_words
from pipeline.reporting.views import views_of


def scores(values, seed=0, task="digits", **fixed):
    """Make rows from {(method, subject): one accuracy per fold}."""
    rows = [
        {
            "base": "vit",
            "task": task,
            "method": method,
            "seed": seed,
            "brain": "lab",
            "simulated": False,
            "direction": "encoding",
            "split": "grouped",
            "roi": "LOC",
            "subject": subject,
            "fold": fold,
            "two_vs_two": accuracy,
            "layer": 2,
            **fixed,
        }
        for (method, subject), folds in values.items()
        for fold, accuracy in enumerate(folds)
    ]
    return pd.DataFrame(rows)


def task_scores(**columns):
    row = {
        "base": "vit",
        "task": "digits",
        "method": "full",
        "seed": 0,
        "metric": "accuracy",
        "score": 0.8,
        "score_sd_error": 0.02,
        "model": "vit-digits v1",
        "trainable_parameters": 1000,
        "total_parameters": 1000,
        "bytes_stored": 4000,
        "beats_base": "true",
        "stopped": "patience",
        "slope": 0.0,
        "examples": 4800,
        "budget": "300 steps of 16 examples",
        "modality": "image",
        "trains_prompts_only": False,
    }
    length = len(next(iter(columns.values())))
    return pd.DataFrame({name: [value] * length for name, value in row.items()} | columns)


TWO_SUBJECTS = {
    ("full", "s1"): [0.6, 0.8],
    ("full", "s2"): [0.8, 1.0],
    ("vpt-shallow", "s1"): [0.7, 0.7],
    ("vpt-shallow", "s2"): [0.8, 0.8],
}


def test_mean_and_standard_error_are_over_subject_means():
    summary = aggregate.summarise(aggregate.unit_means(scores(TWO_SUBJECTS)))
    full = summary.set_index("method").loc["full"]
    # Subject means 0.7 and 0.9: mean 0.8, sd 0.1414, divided by the root of 2.
    assert full["mean"] == pytest.approx(0.8)
    assert full["standard_error"] == pytest.approx(0.1)
    assert (full["unit"], full["n_units"]) == ("subjects", 2)


def test_every_subject_weighs_the_same_whatever_its_number_of_folds():
    uneven = scores({("full", "s1"): [0.6], ("full", "s2"): [0.8, 0.8, 0.8]})
    summary = aggregate.summarise(aggregate.unit_means(uneven))
    assert summary["mean"].item() == pytest.approx(0.7)


def test_one_subject_uses_folds_for_its_error_and_says_so():
    one = scores({("full", "s1"): [0.5, 0.6, 0.7]})
    summary = aggregate.summarise(aggregate.unit_means(one))
    assert summary["standard_error"].item() == pytest.approx(0.1 / math.sqrt(3))
    assert "3 folds of the one subject" in error_words(summary)
    assert "says nothing about other subjects" in error_words(summary)


def test_one_subject_with_one_fold_has_a_mean_and_no_error():
    one = scores({("full", "s1"): [0.625]})
    summary = aggregate.summarise(aggregate.unit_means(one))
    table = two_vs_two_table(views_of(one)[0], summary, {}, {}, frozenset())
    assert table.texts["LOC"].tolist() == ["0.625"]
    assert "no standard error" in error_words(summary)


def test_shown_cells_are_means_with_the_ceiling_below():
    frame = scores(TWO_SUBJECTS)
    summary = aggregate.summarise(aggregate.unit_means(frame))
    table = two_vs_two_table(views_of(frame)[0], summary, {"signal": {"LOC": 0.9}}, {}, frozenset())
    assert table.texts["LOC"].tolist() == ["0.800", "0.750", "0.900"]


def test_an_roi_called_task_is_told_from_the_column_of_tasks():
    frame = scores(TWO_SUBJECTS, roi="task")
    summary = aggregate.summarise(aggregate.unit_means(frame))
    table = two_vs_two_table(views_of(frame)[0], summary, {}, {}, frozenset())
    assert table.texts.columns.tolist() == ["task", "method", "task (ROI)"]
    assert table.texts["task"].tolist() == ["digits", "digits"]


def test_a_method_missing_in_one_task_leaves_a_dash():
    frame = pd.concat(
        [
            scores(TWO_SUBJECTS),
            scores({("full", "s1"): [0.6], ("full", "s2"): [0.7]}, task="shapes"),
        ]
    )
    summary = aggregate.summarise(aggregate.unit_means(frame))
    table = two_vs_two_table(views_of(frame)[0], summary, {}, {}, frozenset())
    assert table.texts["LOC"].tolist()[-1] == MISSING
    tasks = task_scores(task=["digits", "digits", "shapes"], method=["full", "base", "full"])
    texts = task_table("vit", aggregate.task_summary(tasks)).texts
    assert texts["untuned base"].tolist() == ["0.800 ± 0.020", MISSING]
    assert "nan" not in texts.to_string().lower()


def test_models_that_learned_nothing_or_were_cut_short_carry_marks_that_the_note_explains():
    tasks = task_scores(
        method=["full", "prompt", "lora"],
        beats_base=["true", "false", "true"],
        stopped=["budget", "patience", "budget"],
        slope=[0.1, -0.1, -0.1],
    )
    table = task_table("vit", aggregate.task_summary(tasks))
    assert table.texts["full fine-tuning"].item() == "0.800 ± 0.020"
    assert table.texts["prompt tuning"].item() == "0.800 ± 0.020 †"
    assert table.texts["LoRA"].item() == "0.800 ± 0.020 ‡"
    assert "† not better than its base" in table.note
    assert "‡ ended by the budget" in table.note


def test_a_score_without_a_bootstrap_error_is_shown_alone():
    tasks = task_scores(score_sd_error=[math.nan])
    assert (
        task_table("vit", aggregate.task_summary(tasks)).texts["full fine-tuning"].item() == "0.800"
    )


def test_costs_give_the_trainable_share():
    tasks = task_scores(method=["full", "prompt"], trainable_parameters=[1000, 5])
    texts = cost_table(aggregate.task_summary(tasks)).texts
    assert texts["share of all"].tolist() == ["100 %", "0.5 %"]
    assert texts["stored"].tolist() == ["4 kB", "4 kB"]


def test_methods_are_ordered_as_their_colours_and_others_follow():
    mixed = ["lora", "vpt-deep", "prompt", "full", "base", "adapter"]
    assert ordered_methods(mixed) == ["base", "full", "prompt", "vpt-deep", "lora", "adapter"]


def test_a_method_keeps_its_look_whatever_others_are_shown():
    many = looks_of(["full", "prompt", "one of ours", "another", "lora"])
    assert looks_of(["prompt"])["prompt"] == many["prompt"]
    assert len({(look.colour, look.marker) for look in many.values()}) == 5


def test_no_two_methods_look_the_same_to_a_reader_without_colours():
    looks = LOOKS.values()
    assert len({look.colour for look in looks}) == len({look.dark for look in looks}) == len(looks)
    together = [LOOKS[m].marker for m in ("base", "full", "prompt", "prefix", "lora")]
    assert len(set(together)) == len(together)


def test_views_keep_the_order_of_brains_with_encoding_before_decoding():
    frame = pd.concat(
        scores(TWO_SUBJECTS, brain=brain, direction=direction)
        for brain, direction in itertools.product("ab", ("decoding", "encoding"))
    )
    seen = [(view.brain, view.direction) for view in views_of(frame)]
    assert seen == [("a", "encoding"), ("a", "decoding"), ("b", "encoding"), ("b", "decoding")]


def test_the_main_table_says_what_its_means_are_of(make_results):
    several = make_results()
    (view, *_) = several.main_views
    assert main_table(view, several).note.startswith("Mean over 3 tasks (")
    rows = several.brain_scores
    one = make_results(brain_scores=rows[rows["task"] == "translation"])
    expected = "Mean over subjects, tuned on translation. Chance is 0.5."
    assert main_table(view, one).note == expected
