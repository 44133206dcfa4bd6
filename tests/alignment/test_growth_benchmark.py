"""The benchmark of growth: one quantity at a time, lines that are read back, and exponents."""

from dataclasses import replace

import pytest

from benchmarks import growth
from benchmarks.growth_points import AXES, Point, draw, exponent, line_of, read_points, table_of

POINTS = [Point("stimuli", n, 2e-6 * n**2, 1.0, 1e-3 * n) for n in (300, 600, 1200)]
POINTS += [Point("workers", n, 40.0, 40 / n, 0.1) for n in (1, 2)]


def test_points_are_read_back_from_among_other_lines(tmp_path):
    lines = [line_of(point) for point in reversed(POINTS)]
    (tmp_path / "a.out").write_text("\n".join(["a warning", *lines[:2]]))
    (tmp_path / "b.out").write_text("\n".join(lines[2:]) + "\nseconds 12\n")
    (tmp_path / "figures").mkdir()
    assert read_points(tmp_path) == POINTS


def test_an_exponent_is_the_power_of_growth():
    assert exponent([(n, 3 * n**1.7) for n in (10, 100, 300)]) == pytest.approx(1.7)


def test_the_table_says_how_seconds_and_memory_grow_along_each_axis():
    stimuli, workers = table_of(POINTS).split("\n\n")
    assert stimuli.splitlines()[2:] == [
        "| CPU seconds | 0.18 | 0.72 | 2.88 | 2.00 | 2.00 |",
        "| GB held | 0.3 | 0.6 | 1.2 | 1.00 | 1.00 |",
    ]
    assert "| seconds passed | 40 | 20 | -1.00 | -1.00 |" in workers


def test_the_figure_has_a_panel_of_time_and_one_of_memory_for_each_axis(tmp_path):
    draw(POINTS, tmp_path / "growth.svg")
    assert (tmp_path / "growth.svg").read_text().count("<!-- stimuli: power") == 2


@pytest.mark.parametrize("axis", AXES)
def test_along_each_axis_one_quantity_grows_alone(axis):
    works = growth.axes(16)[axis]
    start = next(iter(works.values()))
    for size, work in works.items():
        if axis in {"stimuli", "voxels"}:
            quantity = (size,) if axis == "voxels" else size
            expected = replace(start, sizes=replace(start.sizes, **{axis: quantity}))
        else:
            expected = replace(start, **{axis: size})
        assert work == expected


def test_no_more_workers_are_started_than_there_are_cores():
    assert list(growth.axes(2)["workers"]) == [1, 2]


def test_every_subject_and_model_of_a_point_is_another(tmp_path):
    work = growth.Work(growth.TINY, models=2, subjects=2)
    _, models, subjects = growth._inputs(work, str(tmp_path))
    assert (models[0]["layer_00"] != models[1]["layer_00"]).any()
    assert (subjects[0]["roi_0"].values != subjects[1]["roi_0"].values).any()
