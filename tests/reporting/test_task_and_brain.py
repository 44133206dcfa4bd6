"""The figure of task scores against brain scores tells tasks and methods apart."""

import pandas as pd

from pipeline.reporting.figures.task_and_brain import task_and_brain_figure
from pipeline.reporting.methods import in_words, looks_of

METHODS = ["base", "full", "prompt"]


def test_every_task_has_a_line_of_its_own_and_stands_in_the_legend():
    tasks = [f"task {n}" for n in range(8)]
    rows = [
        (task, method, 0.1 * n, 0.5 + 0.01 * m)
        for n, task in enumerate(tasks)
        for m, method in enumerate(METHODS)
    ]
    points = pd.DataFrame(rows, columns=["task", "method", "task_score", "brain_score"])
    figure = task_and_brain_figure("title", "f1", points, None, looks_of(METHODS))
    (legend,), (panel,) = figure.legends, figure.axes
    named = [text.get_text() for text in legend.get_texts()]
    assert named == [*(in_words(method) for method in METHODS), *tasks]
    lines = [line for line in panel.get_lines() if line.get_label() in tasks]
    assert len({str(line._unscaled_dash_pattern) for line in lines}) == len(tasks)
