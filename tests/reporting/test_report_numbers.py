"""Numbers in tables equal what one computes by hand."""

from __future__ import annotations

import itertools
import math

import pandas as pd
import pytest

from pipeline.reporting import aggregate
from pipeline.reporting.methods import colours_of, ordered_methods, pairs_to_compare
from pipeline.reporting.sections.accuracy import two_vs_two_table
from pipeline.reporting.sections.contrasts import beyond_error, contrast_table
from pipeline.reporting.sections.tasks import cost_table, task_table
from pipeline.reporting.table import MISSING
from pipeline.reporting.verdict import verdicts
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
        "converged": True,
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
    table = two_vs_two_table(views_of(one)[0], summary, {}, frozenset())
    assert "3 folds of the one subject" in table.note
    assert "says nothing about other subjects" in table.note


def test_one_subject_with_one_fold_has_a_mean_and_no_error():
    one = scores({("full", "s1"): [0.625]})
    summary = aggregate.summarise(aggregate.unit_means(one))
    table = two_vs_two_table(views_of(one)[0], summary, {}, frozenset())
    assert table.shown["LOC"].tolist() == ["0.625"]
    assert "no standard error" in table.note


def test_shown_cells_are_mean_and_error_and_the_best_is_bold():
    frame = scores(TWO_SUBJECTS)
    summary = aggregate.summarise(aggregate.unit_means(frame))
    table = two_vs_two_table(views_of(frame)[0], summary, {"split-half": {"LOC": 0.9}}, frozenset())
    assert table.shown["LOC"].tolist() == ["0.800 ± 0.100", "0.750 ± 0.050", "0.900"]
    assert table.bold["LOC"].tolist() == [True, False, False]


def test_an_roi_called_task_is_told_from_the_column_of_tasks():
    frame = scores(TWO_SUBJECTS, roi="task")
    summary = aggregate.summarise(aggregate.unit_means(frame))
    table = two_vs_two_table(views_of(frame)[0], summary, {}, frozenset())
    assert table.shown.columns.tolist() == ["task", "method", "task (ROI)"]
    assert table.shown["task"].tolist() == ["digits", "digits"]


def test_a_method_missing_in_one_task_leaves_a_dash():
    frame = pd.concat(
        [
            scores(TWO_SUBJECTS),
            scores({("full", "s1"): [0.6], ("full", "s2"): [0.7]}, task="shapes"),
        ]
    )
    summary = aggregate.summarise(aggregate.unit_means(frame))
    table = two_vs_two_table(views_of(frame)[0], summary, {}, frozenset())
    assert table.shown["LOC"].tolist()[-1] == MISSING
    tasks = task_scores(task=["digits", "digits", "shapes"], method=["full", "base", "full"])
    shown = task_table("vit", aggregate.task_summary(tasks)).shown
    assert shown["base"].tolist() == ["0.800 ± 0.020", MISSING]
    assert "nan" not in shown.to_string().lower()


def test_contrast_is_minuend_minus_subtrahend_paired_over_subject_and_fold():
    found = aggregate.contrasts(scores(TWO_SUBJECTS))
    row = found.iloc[0]
    assert (row["minuend"], row["subtrahend"]) == ("vpt-shallow", "full")
    # s1: +0.1, -0.1, mean 0; s2: 0, -0.2, mean -0.1.
    assert row["mean"] == pytest.approx(-0.05)
    assert row["standard_error"] == pytest.approx(0.05)
    assert (row["subjects_positive"], row["n_subjects"]) == (0, 2)
    assert (row["cells_positive"], row["n_cells"]) == (1, 4)


def test_cells_that_only_one_method_has_are_not_paired():
    uneven = {**TWO_SUBJECTS, ("full", "s1"): [0.6, 0.8, 0.1]}
    assert aggregate.contrasts(scores(uneven))["mean"].item() == pytest.approx(-0.05)


def test_row_order_does_not_change_the_pairing():
    frame = scores(TWO_SUBJECTS)
    turned = aggregate.contrasts(frame.iloc[::-1])
    pd.testing.assert_frame_equal(aggregate.contrasts(frame), turned, check_dtype=False)


def test_seeds_are_averaged_before_pairing():
    second = {key: [value + 0.1 for value in folds] for key, folds in TWO_SUBJECTS.items()}
    only_full = {key: folds for key, folds in second.items() if key[0] == "full"}
    frame = pd.concat([scores(TWO_SUBJECTS), scores(only_full, seed=1)])
    # The second seed raises full by 0.05 on average, and lowers the difference by as much.
    assert aggregate.contrasts(frame)["mean"].item() == pytest.approx(-0.10)


def test_contrast_table_counts_subjects_and_marks_differences_beyond_two_errors():
    values = {("full", "s1"): [0.6], ("full", "s2"): [0.6], ("full", "s3"): [0.6]}
    values |= {
        ("vpt-shallow", f"s{n}"): [0.6 + 0.1 * gain] for n, gain in ((1, 1), (2, 1), (3, 1.3))
    }
    frame = scores(values)
    table = contrast_table(views_of(frame)[0], aggregate.contrasts(frame))
    assert table.shown["LOC"].tolist() == ["+0.110 ± 0.010 (3/3)"]
    assert table.bold["LOC"].tolist() == [True]


def test_a_difference_without_an_error_is_never_marked():
    single = scores({("full", "s1"): [0.6], ("prompt", "s1"): [0.9]})
    assert not beyond_error(aggregate.contrasts(single)).any()


def test_there_is_no_contrast_table_for_a_single_method():
    frame = scores({("full", "s1"): [0.6], ("full", "s2"): [0.7]})
    assert contrast_table(views_of(frame)[0], aggregate.contrasts(frame)) is None


def test_unconverged_models_carry_a_dagger_and_the_note_explains_it():
    tasks = task_scores(method=["full", "prompt"], converged=[True, False], score=[0.8, 0.7])
    table = task_table("vit", aggregate.task_summary(tasks))
    assert table.shown["prompt"].item() == "0.700 ± 0.020 †"
    assert "† did not converge" in table.note
    assert table.bold.to_numpy().tolist() == [[True, False]]


def test_a_score_without_a_bootstrap_error_is_shown_alone():
    tasks = task_scores(score_sd_error=[math.nan])
    assert task_table("vit", aggregate.task_summary(tasks)).shown["full"].item() == "0.800"


def test_costs_give_the_trainable_share():
    tasks = task_scores(method=["full", "prompt"], trainable_parameters=[1000, 5])
    shown = cost_table(aggregate.task_summary(tasks)).shown
    assert shown["share of all"].tolist() == ["100 %", "0.5 %"]
    assert shown["stored"].tolist() == ["4 kB", "4 kB"]


def test_methods_are_ordered_as_their_colours_and_others_follow():
    mixed = ["lora", "vpt-deep", "prompt", "full", "base", "adapter"]
    assert ordered_methods(mixed) == ["base", "full", "prompt", "vpt-deep", "lora", "adapter"]


def test_a_method_keeps_its_colour_whatever_others_are_shown():
    both = colours_of(["full", "prompt", "adapter", "lora"])
    assert colours_of(["prompt"])["prompt"] == both["prompt"]
    assert len(set(both.values())) == 4


def test_each_adapted_method_is_compared_with_full_then_with_base():
    assert pairs_to_compare(["prompt", "base", "full"]) == [
        ("prompt", "full"),
        ("full", "base"),
        ("prompt", "base"),
    ]


def verdict_of(frame, unconverged=frozenset()):
    modality = dict.fromkeys(frame["task"], "image")
    return verdicts(aggregate.contrasts(frame), modality, unconverged, {"prompt"})


def gains(*differences, **fixed):
    """Make rows in which prompt tuning gains the given difference in each subject."""
    values = {("full", f"s{n}"): [0.5, 0.5] for n in range(len(differences))}
    values |= {("prompt", f"s{n}"): [0.5 + d, 0.5 + d] for n, d in enumerate(differences)}
    return scores(values, **fixed)


def test_verdict_counts_cells_higher_and_lower_by_more_than_two_standard_errors():
    frame = pd.concat(
        [
            gains(0.10, 0.11, 0.12, roi="LOC"),
            gains(-0.10, -0.11, -0.12, roi="OPA"),
            gains(-0.10, 0.00, 0.12, roi="EarlyVis"),
        ]
    )
    (verdict,) = verdict_of(frame)
    assert "in 1 of 3 ROI x task cells when encoding (lower in 1)" in verdict
    assert "only 3 subjects" in verdict
    assert "simulated" not in verdict.lower()


def test_verdict_of_one_subject_says_that_its_errors_are_over_folds():
    (verdict,) = verdict_of(gains(0.1))
    assert "With one subject the standard errors are over folds" in verdict


def test_verdict_counts_cells_with_unconverged_models():
    (verdict,) = verdict_of(gains(0.1, 0.2), frozenset({("vit", "digits", "prompt")}))
    assert "1 of these 1 cells hold a model that did not converge" in verdict


def test_simulated_and_measured_subjects_never_share_a_verdict():
    frame = pd.concat([gains(0.1, 0.2), gains(0.1, 0.2, brain="made", simulated=True)])
    measured, simulated = verdict_of(frame)
    assert "in these subjects" in measured
    assert "in these simulated subjects" in simulated


def test_shuffled_folds_do_not_count_where_grouped_ones_were_run():
    frame = pd.concat([gains(0.1, 0.11), gains(-0.1, -0.11, split="shuffled")])
    (verdict,) = verdict_of(frame)
    assert "in 1 of 1 ROI x task cells when encoding (lower in 0)" in verdict
    (alone,) = verdict_of(gains(0.1, 0.11, split="shuffled"))
    assert "may be too high" in alone


def test_verdict_says_when_there_is_nothing_to_compare():
    (verdict,) = verdict_of(scores({("full", "s1"): [0.6], ("base", "s1"): [0.5]}))
    assert "cannot be compared" in verdict


def test_a_prompt_beside_weights_that_all_train_is_no_prompt_tuning():
    frame = gains(0.1, 0.2).replace("prompt", "prompt-full")
    (verdict,) = verdict_of(frame)
    assert "cannot be compared" in verdict


def test_verdict_names_a_modality_without_prompt_tuning():
    frame = pd.concat([gains(0.1, 0.2), gains(0.1, 0.2, task="rte").replace("prompt", "lora")])
    contrasts = aggregate.contrasts(frame)
    image, text = verdicts(contrasts, {"digits": "image", "rte": "text"}, frozenset(), {"prompt"})
    assert image.startswith("Image: in these subjects")
    assert text.startswith("Text: no prompt tuning was run beside full fine-tuning")


def test_views_keep_the_order_of_brains_with_encoding_before_decoding():
    frame = pd.concat(
        scores(TWO_SUBJECTS, brain=brain, direction=direction)
        for brain, direction in itertools.product("ab", ("decoding", "encoding"))
    )
    seen = [(view.brain, view.direction) for view in views_of(frame)]
    assert seen == [("a", "encoding"), ("a", "decoding"), ("b", "encoding"), ("b", "decoding")]
