"""2v2 accuracies of every task and method, in the form of the seed paper's tables and figures."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from pipeline.reporting.alpha_borders import border_warning
from pipeline.reporting.ceiling_kinds import (
    KINDS,
    RELIABILITY,
    Ceilings,
    ceilings_of,
    fraction_note,
    fraction_of_ceiling,
    reliability_of,
    rois_at_chance,
)
from pipeline.reporting.chance import chance_band
from pipeline.reporting.figures.accuracies import accuracy_bars
from pipeline.reporting.figures.named import NamedFigure
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import (
    CHANCE,
    DAGGER,
    MISSING,
    ROW_LABELS,
    Models,
    Table,
    doubtful_models,
    number,
    roi_grid,
    roi_heading,
    task_method_keys,
)
from pipeline.reporting.views import View

OF_CEILING = "of ceiling"
INTRO = "Encoding predicts voxels from features, decoding features from voxels."


def two_vs_two_table(
    view: View,
    summary: pd.DataFrame,
    ceilings: Ceilings,
    reliability: Mapping[str, float],
    doubtful: Models,
    at_chance: Collection[str] = (),
) -> Table:
    """Show 2v2 accuracies of one view: rows task x method, columns ROI (Tables II to VIII).

    Parameters
    ----------
    view : View
    summary : DataFrame
        As :func:`pipeline.reporting.aggregate.summarise` returns it.
    ceilings : dict
        As :func:`pipeline.reporting.ceiling_kinds.ceilings_of` gives them: a row for each kind, and
        a column with the share of the first kind that is reached.
    reliability : mapping of str to float
        ROI -> split-half reliability; empty where unknown.
    doubtful : frozenset
        Models to mark with a dagger.
    at_chance : collection of str
        ROIs whose ceiling is not told from chance: nothing is divided by it.
    """
    kind = next(iter(ceilings), "")
    divisors = {r: v for r, v in ceilings.get(kind, {}).items() if r not in at_chance}
    rows = view.rows_of(summary).reset_index(drop=True)
    if kind:
        rows = _with_fraction(rows, divisors)
    keys = task_method_keys(rows)
    texts = roi_grid(rows, ROW_LABELS, keys, lambda c: number(c.mean))
    if kind:
        by_key = dict(list(rows.groupby(list(ROW_LABELS))))
        texts[OF_CEILING] = [
            _fraction_text(by_key[key]) if key in by_key else MISSING for key in keys
        ]
    marked = [(view.base, *key) in doubtful for key in keys]
    texts["method"] += [f" {DAGGER}" if mark else "" for mark in marked]
    below = {f"{name} ceiling": known for name, known in ceilings.items()}
    if reliability:
        below["split-half reliability"] = dict(reliability)
    notes = [
        "Mean over subjects. Chance is 0.5.",
        *(KINDS[name] for name in ceilings),
        *([RELIABILITY] if reliability else []),
        *([fraction_note(kind, ceilings[kind], at_chance)] if kind else []),
        *(
            [f"{DAGGER} unfinished, or no better than its base: see the task scores."]
            if any(marked)
            else []
        ),
    ]
    return Table(
        name=view.name,
        title=view.title,
        note=" ".join(notes),
        values=rows,
        texts=pd.concat([texts, _rows_below(below, texts)], ignore_index=True),
        n_labels=2,
        models=tuple((view.base, *key) for key in keys),
    )


def _rows_below(known: Mapping[str, Mapping[str, float]], texts: pd.DataFrame) -> pd.DataFrame:
    rows = [
        {"task": name, **{roi_heading(roi): number(value) for roi, value in values.items()}}
        for name, values in known.items()
    ]
    below = pd.DataFrame(rows, columns=texts.columns, dtype=object)
    below["method"] = ""
    if OF_CEILING in below.columns:
        below[OF_CEILING] = ""
    return below.fillna(MISSING)


def _with_fraction(rows: pd.DataFrame, ceiling: Mapping[str, float]) -> pd.DataFrame:
    """Add ceiling and share of it, empty where there is none."""
    known = rows["roi"].map(ceiling).astype(float)
    return rows.assign(ceiling=known, fraction_of_ceiling=fraction_of_ceiling(rows["mean"], known))


def _fraction_text(cells: pd.DataFrame) -> str:
    usable = cells[cells["fraction_of_ceiling"].notna()]
    if usable.empty:
        return MISSING
    fraction = (usable["mean"] - CHANCE).sum() / (usable["ceiling"] - CHANCE).sum()
    return f"{fraction:.2f}".replace("-", "\u2212")


def _content(results: StudyResults) -> Content:
    blocks: list[Table | NamedFigure] = []
    doubtful = doubtful_models(results.tasks)
    for view in results.views:
        ceilings = ceilings_of(view, results.ceilings)
        reliability = reliability_of(view, results.ceilings)
        at_chance = rois_at_chance(view, results.ceilings, next(iter(ceilings), ""))
        table = two_vs_two_table(view, results.summary, ceilings, reliability, doubtful, at_chance)
        blocks.append(table)
        own = view.rows_of(results.summary), view.rows_of(results.units)
        band = chance_band(view, results.chance)
        blocks.append(accuracy_bars(view, *own, band, results.method_names))
    warning = border_warning(results.views, results.brain_scores)
    return Content(tuple(blocks), INTRO, warning)


SECTION = Section("2v2 accuracy by task", ("brain_scores",), _content)
