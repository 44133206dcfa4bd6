"""Scores stand against how many parameters were trained, where methods train different ones."""

from itertools import combinations

import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from pipeline.reporting.figures.curves import Panel, curves_figure
from pipeline.reporting.figures.task_and_brain import task_and_brain_figure
from pipeline.reporting.methods import looks_of
from pipeline.reporting.sections.parameters import SECTION, parameter_points
from pipeline.reporting.views import views_of


def test_every_trained_model_has_its_scores_and_its_size(whole_study):
    view = views_of(whole_study.brain_scores)[0]
    points = parameter_points(view, whole_study.summary, whole_study.tasks)
    assert len(points) == 3 * 2  # tasks x methods; the untuned base trains nothing
    sizes = points.groupby("method").trainable_parameters.unique().map(list).to_dict()
    assert sizes == {"full": [1_250_000], "prompt": [1_280]}
    own = whole_study.task_scores.query("task == 'translation' and method == 'full'").score.item()
    assert points.query("task == 'translation' and method == 'full'").task_score.item() == own


def test_a_curve_needs_three_methods(make_results):
    assert SECTION.content(make_results()).blocks == ()
    tasks = make_results().task_scores
    other = tasks[tasks.method == "base"].assign(trainable_parameters=64)
    study = make_results(task_scores=tasks.where(tasks.method != "base", other))
    figure, *_ = SECTION.content(study).blocks
    brain, task = figure.draw().axes
    assert brain.get_xscale() == task.get_xscale() == "log"
    assert brain.get_xlabel() == "trainable parameters"
    assert len(brain.lines) == 3


def test_names_of_sizes_that_lie_close_do_not_stand_over_each_other(make_results):
    tasks = make_results().task_scores
    sizes = {"base": 26_882, "prompt": 34_498, "full": 22_713_986}
    named = tasks["method"].map(sizes).fillna(tasks["trainable_parameters"])
    study = make_results(task_scores=tasks.assign(trainable_parameters=named.astype(int)))
    figure, *_ = SECTION.content(study).blocks
    drawn = figure.draw()
    canvas = FigureCanvasAgg(drawn)
    canvas.draw()
    for axes in drawn.axes:
        names = [label for label in axes.get_xticklabels() if label.get_text()]
        assert [label.get_text() for label in names] == ["26,882", "22,713,986"]
        boxes = [label.get_window_extent(canvas.get_renderer()) for label in names]
        assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
        assert len(axes.get_xticks()) == 3  # a line of the grid for each


def test_the_legend_of_eight_methods_lies_within_its_figure():
    methods = ["full", "prompt", "prefix", "prompt-full", "lora", "adapter", "ia3", "bitfit"]
    points = pd.DataFrame({"method": methods, "x": 10.0 ** pd.RangeIndex(8), "y": 0.5})
    drawn = curves_figure("title", [Panel("x", "y", points)] * 2, looks_of(methods))
    canvas = FigureCanvasAgg(drawn)
    canvas.draw()
    (legend,) = drawn.legends
    assert len(legend.get_texts()) == 8
    ends = legend.get_window_extent(canvas.get_renderer())
    assert drawn.bbox.x0 <= ends.x0
    assert ends.x1 <= drawn.bbox.x1


@pytest.mark.parametrize("between", [0.0081, 0.0021])
def test_names_of_values_leave_room_for_what_the_axis_shows(between):
    spread = pd.DataFrame({"method": ["full", "prompt"], "y": [0.6542, 0.6542 + between]})
    spread = spread.assign(x=[1.0, 2.0], task="translation", task_score=[0.1, 0.9])
    looks = looks_of(["full", "prompt"])
    points = spread.assign(brain_score=spread["y"])
    for drawn in (
        curves_figure("title", [Panel("x", "mean 2v2 accuracy", spread)], looks),
        task_and_brain_figure("title", "f1", points, None, looks),
    ):
        canvas = FigureCanvasAgg(drawn)
        canvas.draw()
        named = drawn.axes[0].yaxis.label.get_window_extent(canvas.get_renderer())
        assert named.x0 >= drawn.bbox.x0


def test_names_below_a_panel_of_three_do_not_stand_over_each_other():
    points = pd.DataFrame({"method": "full", "x": [0.9867, 0.9964], "y": [0.61, 0.62]})
    drawn = curves_figure("title", [Panel("x", "y", points)] * 3, looks_of(["full"]))
    canvas = FigureCanvasAgg(drawn)
    canvas.draw()
    names = [label for label in drawn.axes[2].get_xticklabels() if label.get_text()]
    low, high = drawn.axes[2].get_xlim()
    boxes = [
        label.get_window_extent(canvas.get_renderer())
        for label in names
        if low <= label.get_position()[0] <= high
    ]
    assert len(boxes) > 1
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
