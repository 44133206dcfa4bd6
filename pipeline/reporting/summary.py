"""The study in brief: markdown for the description of a run, text for the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

import pandas as pd

from pipeline.reporting.aggregate import over_rois
from pipeline.reporting.answer import Answer
from pipeline.reporting.methods import ordered_methods
from pipeline.reporting.table import MISSING, Table, roi_heading
from pipeline.reporting.views import View, views_of

TERMINAL_WIDTH = 100
#: The tag that holds a run's description takes 8000 characters; some room is left for the caller.
MARKDOWN_LIMIT = 7500
LONGEST_NAME = 22
LEFT_OUT = "\n\n*More tables are in report.html.*"


def markdown_summary(title: str, answer: Answer, tables: Sequence[Table], picture: str = "") -> str:
    """Write title, answer, its figure and as many tables as a run's description holds.

    Headline and sentences are one paragraph: MLflow shows the first four lines of a description.

    Parameters
    ----------
    title : str
    answer : Answer
    tables : sequence of Table
        The most telling first.
    picture : str
        Path of the answer's figure beside the summary; empty where there is none.

    Returns
    -------
    str
        Markdown of at most ``MARKDOWN_LIMIT`` characters.
    """
    headline, *further = map(_escaped, answer.lines)
    n_sentences = len(answer.sentences)
    first = " ".join([f"**{headline}**", *further[:n_sentences]])
    markdown = "\n\n".join([f"### {_escaped(title)}", first, *further[n_sentences:]])
    if picture:
        markdown += f"\n\n![{headline}]({picture})"
    for table in tables:
        added = (
            f"\n\n**{_escaped(table.title)}.** {_escaped(table.note)}\n\n{_markdown_table(table)}"
        )
        if len(markdown) + len(added) + len(LEFT_OUT) > MARKDOWN_LIMIT:
            return markdown[: MARKDOWN_LIMIT - len(LEFT_OUT)] + LEFT_OUT
        markdown += added
    return markdown + "\n"


def terminal_table(
    title: str, answer: Sequence[str], task_scores: pd.DataFrame, accuracies: pd.DataFrame
) -> str:
    """Write the results as text: per task and method the task score and 2v2 accuracy per ROI.

    One block per brain and base; decoding by ROI and encoding averaged over ROIs, or encoding
    by ROI where there is no decoding.

    Parameters
    ----------
    title : str
    answer : sequence of str
        Its lines, the headline first.
    task_scores, accuracies : DataFrame
        As ``task_summary`` and ``summarise`` of :mod:`pipeline.reporting.aggregate` return them.

    Returns
    -------
    str
        Lines of at most 100 characters.
    """
    lines = [*_wrapped(title), ""]
    views = views_of(accuracies)
    for view in views:
        other = [v for v in views if _beside(v) == _beside(view) and v != view]
        if view.direction == "decoding" or not other:
            lines += [*_block(view, other, task_scores, accuracies), ""]
    for line in answer:
        lines += _wrapped(line)
    return "\n".join(lines) + "\n"


def _beside(view: View) -> tuple[str, str, str]:
    return view.base, view.brain, view.split


def _block(
    view: View, others: Sequence[View], task_scores: pd.DataFrame, accuracies: pd.DataFrame
) -> Iterator[str]:
    rows = view.rows_of(accuracies)
    by_cell = rows.set_index(["task", "method", "roi"])["mean"]
    rois = dict.fromkeys(rows["roi"])
    columns = {roi_heading(roi): by_cell.xs(roi, level="roi").to_dict() for roi in rois}
    directions = f"{view.direction} by ROI"
    for other in others:
        columns[f"{other.direction} mean"] = over_rois(other.rows_of(accuracies)).to_dict()
        directions += f", {other.direction} mean over ROIs"
    own = task_scores[task_scores["base"] == view.base].drop_duplicates(["task", "method"])
    scores = own.set_index(["task", "method"])["mean"].to_dict()
    heading = f"{view.subjects}, {view.whose}, {view.split} folds. 2v2: {directions}; chance 0.5."
    yield from _wrapped(heading)
    keys = [
        (task, method)
        for task in dict.fromkeys(rows["task"])
        for method in ordered_methods(rows["method"])
    ]
    yield from _aligned(keys, {"task score": scores, **columns})


def _aligned(
    keys: Sequence[tuple[str, str]], columns: dict[str, dict[tuple[str, str], float]]
) -> Iterator[str]:
    """Yield rows of text; columns that do not fit go into a further part below."""
    task_width = max(4, *(len(_short(task)) for task, _ in keys))
    method_width = max(6, *(len(_short(method)) for _, method in keys))
    label_width = task_width + method_width + 2
    for number, names in enumerate(_parts(list(columns), TERMINAL_WIDTH - label_width)):
        if number:
            yield ""
        head = f"{'task':<{task_width}}  {'method':<{method_width}}"
        yield head + "".join(f"  {_short(name):>6}" for name in names)
        previous = None
        for task, method in keys:
            label = "" if task == previous else _short(task)
            previous = task
            cells = (_number(columns[n].get((task, method)), len(_short(n))) for n in names)
            yield f"{label:<{task_width}}  {_short(method):<{method_width}}" + "".join(cells)


def _parts(names: Sequence[str], room: int) -> Iterator[list[str]]:
    part: list[str] = []
    used = 0
    for name in names:
        width = max(6, len(_short(name))) + 2
        if part and used + width > room:
            yield part
            part, used = [], 0
        part.append(name)
        used += width
    yield part


def _number(value: float | None, width: int) -> str:
    return f"  {MISSING if value is None else f'{value:.3f}':>{max(6, width)}}"


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, TERMINAL_WIDTH)


def _markdown_table(table: Table) -> str:
    names = [str(column) for column in table.texts.columns]
    rules = ["---"] * table.n_labels + ["---:"] * (len(names) - table.n_labels)
    lines = [names, rules]
    lines += [[_escaped(text) for text in row] for row in table.texts.to_numpy().tolist()]
    head = [_escaped(name) for name in names]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, *lines[1:]])


def _escaped(text: object) -> str:
    escaped = str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("|", r"\|").replace("*", r"\*").replace("_", r"\_")
