"""Published numbers stand beside ours only where they are of the same thing."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.reporting.published import FIRST_SUBJECT, PUBLISHED_SCORES
from pipeline.reporting.sections.published import beside_published, published_table

PROMPTS = frozenset({"prompt", "vpt-shallow"})
CELL = {
    "base": "gpt2",
    "brain": "pereira2018-384",
    "simulated": False,
    "direction": "decoding",
    "split": "grouped",
    "roi": "language",
    "task": "summarization",
    "method": "prompt",
    "subject": "P01",
}


def scores(*accuracies, **changed):
    return pd.DataFrame(
        [CELL | changed | {"fold": n, "two_vs_two": a} for n, a in enumerate(accuracies)]
    )


def test_the_papers_tables_are_whole():
    counted = pd.DataFrame([vars(score) for score in PUBLISHED_SCORES])["table"].value_counts()
    assert counted.to_dict() == {"II": 6, "III": 6, "IV": 6, "V": 6, "VII": 4, "VIII": 4}
    assert all(0.6 < score.score < 0.84 for score in PUBLISHED_SCORES)


def test_the_difference_is_ours_minus_published_mean_over_folds():
    beside = beside_published(scores(0.7, 0.8), PROMPTS)
    row = beside.iloc[0]
    assert (row["table"], row["published"], row["ours"]) == ("II", 0.7548, pytest.approx(0.75))
    assert row["difference"] == pytest.approx(0.75 - 0.7548)
    texts = published_table(beside).texts
    assert texts[["published", "ours", "difference"]].iloc[0].tolist() == [
        "0.755",
        "0.750",
        "\u22120.005",
    ]


def test_paper_mode_and_grouped_folds_stand_below_each_other():
    both = pd.concat([scores(0.7), scores(0.9, split="shuffled")])
    assert beside_published(both, PROMPTS)["split"].tolist() == ["grouped", "shuffled"]


def test_fine_tuned_vit_in_loc_is_found_by_its_name_here():
    changed = {"base": "vit_base_patch16_224", "brain": "bold5000", "roi": "LOC", "task": "mnist"}
    beside = beside_published(scores(0.8, **changed, method="full", subject="CSI1"), PROMPTS)
    assert beside["published"].tolist() == [0.824]


@pytest.mark.parametrize(
    "changed",
    [
        {"base": "tiny-gpt2"},
        {"brain": "simulated-sentences"},
        {"simulated": True},
        {"direction": "encoding"},
        {"roi": "auditory"},
        {"task": "cola"},
        {"method": "lora"},
        {"subject": "P02"},
        {"subject": "P11"},
    ],
)
def test_cells_that_are_of_something_else_have_no_published_number(changed):
    assert beside_published(scores(0.7, **changed), PROMPTS).empty


def test_a_first_subject_is_known_by_its_usual_names():
    assert all(FIRST_SUBJECT.fullmatch(name) for name in ("P01", "sub-01", "CSI1", "subj1", "s1"))
    assert not any(FIRST_SUBJECT.fullmatch(name) for name in ("P10", "sub-11", "CSI2", "M01", "1a"))
