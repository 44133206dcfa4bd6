"""The benchmark of extraction compares ways to the same features, and says what each took."""

import argparse
import re

import numpy as np
import pytest

from benchmarks import extract as benchmark

OPTIONS = argparse.Namespace(
    layers=2, width=64, heads=2, sentences=12, pictures=3, size=32, repeats=1, stimuli=None,
    tokenizer=None,
)  # fmt: skip


@pytest.fixture
def compared(monkeypatch):
    """Keep what a way beside ours computes."""
    results = []
    for name in ("alone", "one_by_one"):
        way = getattr(benchmark, name)
        monkeypatch.setattr(
            benchmark, name, lambda *inputs, way=way: results.append((inputs, way(*inputs)))
        )
    return results


@pytest.mark.parametrize("side", [benchmark._texts, benchmark._pictures])
def test_the_way_beside_ours_gives_the_same_features(compared, side):
    measured = side(OPTIONS)
    ((*_, model, items), of_blocks) = compared[0]
    ours = model.features(items)
    np.testing.assert_allclose(ours[:, 1:-1], of_blocks[:, :-1], atol=1e-4)
    assert min(measured.ours, measured.single, measured.bare) > 0
    assert 0 < measured.few <= measured.all


def test_the_last_line_says_the_worse_of_the_two_networks():
    line = benchmark.summary(
        [benchmark.Measured(1, 5, 0.9, 0.1, 0.2), benchmark.Measured(2, 6, 1.9, 0.3, 0.4)]
    )
    assert re.fullmatch(r"speedup=3\.00 of_bare=0\.90 peak_gb=0\.40", line)
