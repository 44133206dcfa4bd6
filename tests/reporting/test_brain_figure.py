"""The picture of a brain dataset shows every subject and region, and ceilings where known."""

import pandas as pd
import pytest

from pipeline.reporting.brain_figure import brain_figure


@pytest.fixture
def overview():
    rows = [
        {"subject": subject, "roi": roi, "voxels": voxels}
        for subject in ("sim1", "sim2")
        for roi, voxels in (("language", 80), ("visual", 40))
    ]
    return pd.DataFrame(rows)


def test_without_repeats_voxels_are_drawn_from_zero(overview):
    figure = brain_figure("simulated-sentences", overview)
    (panel,) = figure.axes
    assert panel.get_ylim()[0] == 0
    assert [list(line.get_ydata()) for line in panel.lines] == [[80, 40], [80, 40]]
    assert [text.get_text() for text in panel.get_legend().get_texts()] == ["sim1", "sim2"]
    assert "simulated" in figure.get_suptitle()


def test_ceilings_are_drawn_beside_chance_where_they_are_known(overview):
    known = overview.assign(ceiling_two_vs_two=[0.7, 0.6, 0.8, 0.5])
    _, panel = brain_figure("d", known).axes
    drawn = [list(line.get_ydata()) for line in panel.lines]
    assert drawn == [[0.7, 0.6], [0.8, 0.5], [0.5, 0.5]]


def test_of_many_regions_the_largest_are_drawn_and_the_title_says_so():
    rows = [{"subject": "s", "roi": f"r{n:03d}", "voxels": 1 + n} for n in range(333)]
    figure = brain_figure("d", pd.DataFrame(rows))
    (panel,) = figure.axes
    assert len(panel.get_xticks()) == 30
    assert min(panel.lines[0].get_ydata()) == 304
    assert figure.get_suptitle() == "d (the 30 largest of 333 ROIs)"
