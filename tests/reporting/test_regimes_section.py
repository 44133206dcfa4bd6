"""Regimes are told apart in the report: tasks, stimuli, responses."""

import pandas as pd
import pytest

from pipeline.reporting.answer import answer_of
from pipeline.reporting.sections import sections_of
from pipeline.reporting.sections.main_table import main_table

LEARNED = {"question-answering": "stimulus", "translation": "brain"}


def renamed(frame):
    return frame.assign(task=frame["task"].replace(LEARNED))


def exchanged(frame):
    """Make contrasts between regimes of contrasts between methods, for a look at their tables."""
    names = {"prompt": "brain", "full": "stimulus"}
    pairs = frame[(frame.method_a == "prompt") & (frame.method_b == "full")]
    cells = pairs[pairs.task == "summarization"] if "task" in pairs else pairs
    return cells.replace({"method_a": names, "method_b": names}).assign(
        contrast="brain \u2212 stimulus", **({"task": "prompt"} if "task" in cells else {})
    )


@pytest.fixture
def results(make_results):
    study = make_results()
    text = {"tiny-gpt2"}
    return make_results(
        task_scores=renamed(study.task_scores),
        brain_scores=renamed(study.brain_scores),
        layer_profile=renamed(study.layer_profile),
        lineage=renamed(study.lineage),
        regime_contrasts=exchanged(study.contrasts[study.contrasts.base.isin(text)]),
        regime_overall=exchanged(study.overall[study.overall.modality == "text"]),
    )


def test_the_main_table_has_a_row_for_each_method_and_regime_and_one_for_the_base(results):
    (view,) = [view for view in results.main_views if view.base == "tiny-gpt2"]
    rows = main_table(view, results).texts["method"].tolist()
    assert rows[:7] == [
        "untuned base",
        "full fine-tuning",
        "prompt tuning",
        "full fine-tuning, regime stimulus",
        "prompt tuning, regime stimulus",
        "full fine-tuning, regime brain",
        "prompt tuning, regime brain",
    ]


def test_a_row_is_the_mean_over_what_was_learned_there_alone(results):
    (view,) = [view for view in results.main_views if view.base == "tiny-gpt2"]
    table = main_table(view, results)
    row = table.texts.set_index("method").loc["prompt tuning, regime brain"]
    own = view.rows_of(results.summary)
    own = own[(own.task == "brain") & (own.method == "prompt") & (own.roi == "language")]
    assert float(row["language"]) == pytest.approx(own["mean"].item(), abs=5e-4)


def test_differences_between_regimes_stand_in_a_section_of_their_own(results):
    section, content = sections_of(results)["regimes"]
    assert not section.folded
    by_learned, overall, cells = (block.texts for block in content.blocks)
    assert list(by_learned) == ["method", "summarization", "stimulus", "brain"]
    assert overall["difference"].tolist() == ["brain \u2212 stimulus"]
    assert cells["method"].tolist() == ["prompt tuning"]
    assert cells["difference"].tolist() == ["brain \u2212 stimulus"]


def test_the_answer_says_what_regimes_came_to(results):
    (sentence,) = [line for line in answer_of(results).lines if "by what was learned" in line]
    assert sentence.startswith("Language (simulated), by what was learned, mean over methods")
    assert "brain \u2212 stimulus +0." in sentence


def test_a_study_of_tasks_alone_has_no_such_section(make_results):
    assert "regimes" not in sections_of(make_results())
    assert isinstance(make_results().regime_contrasts, pd.DataFrame)
