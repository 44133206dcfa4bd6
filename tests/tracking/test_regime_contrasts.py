"""Differences between regimes are differences between what one method learned, pair by pair."""

import itertools

import numpy as np
import pandas as pd
import pytest

from pipeline.tracking.lineage import Link
from pipeline.tracking.stages.report.regimes import regime_contrasts

LEVEL = {"summarization": 0.6, "stimulus": 0.65, "brain": 0.8, "base": 0.55}
CELL = {"modality": "text", "brain": "b", "simulated": True, "split": "grouped", "base": "gpt2"}
GROUPS = [f"g{n}" for n in range(8)]


def sums(task, method):
    """Wins of one model: every subject, fold and pair of groups at its level."""
    level = LEVEL["base" if method == "base" else task]
    rng = np.random.default_rng(len(task) + len(method))
    rows = [
        {
            **CELL, "task": task, "method": method, "seed": 0, "subject": f"s{subject}",
            "source": "model", "direction": "encoding", "roi": "language", "layer": "layer_01",
            "fold": fold, "group_a": a, "group_b": b, "pairs": 16,
            "wins": 16 * level + rng.integers(-1, 2),
        }
        for subject, fold in itertools.product(range(3), range(2))
        for a, b in itertools.combinations(GROUPS[4 * fold : 4 * fold + 4], 2)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def links(*cells):
    return {Link(f"m{n}", "t", "e", "a", "b", True): sums(*cell) for n, cell in enumerate(cells)}


CELLS = [
    (task, method)
    for task in ("summarization", "stimulus", "brain")
    for method in ("base", "full", "prompt")
]


def test_regimes_are_compared_with_one_another_and_with_the_base_by_each_method():
    frames = regime_contrasts(links(*CELLS), 0.02)
    overall = frames["regime_overall"].set_index("contrast").difference
    expected = {
        "stimulus \u2212 summarization": 0.05, "brain \u2212 summarization": 0.2,
        "brain \u2212 stimulus": 0.15, "summarization \u2212 base": 0.05,
        "stimulus \u2212 base": 0.1, "brain \u2212 base": 0.25,
    }  # fmt: skip
    assert set(overall.index) == set(expected)
    for contrast, difference in expected.items():
        assert overall[contrast] == pytest.approx(difference, abs=0.02)
    assert set(frames["regime_contrasts"].task) == {"full", "prompt"}


def test_without_a_regime_but_tasks_or_with_one_alone_there_is_nothing_to_compare():
    assert regime_contrasts(links(("summarization", "full"), ("summarization", "base")), 0.02) == {}
    assert regime_contrasts(links(("brain", "full"), ("brain", "base")), 0.02) == {}
    assert regime_contrasts({}, 0.02) == {}
