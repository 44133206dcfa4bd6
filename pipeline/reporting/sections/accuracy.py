"""The table of 2v2 accuracies, with noise ceilings below."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipeline.reporting.ceiling_kinds import KINDS, Ceilings, fraction_note, fraction_of_ceiling
from pipeline.reporting.table import (
    CHANCE,
    DAGGER,
    MISSING,
    ROW_LABELS,
    Table,
    Unconverged,
    error_words,
    is_best,
    plus_minus,
    roi_grid,
    roi_heading,
    task_method_keys,
)
from pipeline.reporting.views import View

OF_CEILING = "of ceiling"


def two_vs_two_table(
    view: View, summary: pd.DataFrame, ceilings: Ceilings, unconverged: Unconverged
) -> Table:
    """Show 2v2 accuracies of one view: rows task x method, columns ROI (Tables III to VIII).

    Parameters
    ----------
    view : View
    summary : DataFrame
        As :func:`pipeline.reporting.aggregate.summarise` returns it.
    ceilings : dict
        As :func:`pipeline.reporting.ceiling_kinds.ceilings_of` gives them: a row for each kind, and
        a column with the share of the first kind that is reached.
    unconverged : frozenset
        Models to mark with a dagger.

    Returns
    -------
    Table
    """
    kind = next(iter(ceilings), "")
    rows = _with_fraction(view.rows_of(summary).reset_index(drop=True), ceilings.get(kind, {}))
    keys = task_method_keys(rows)
    flagged = rows.assign(best=is_best(rows, ["task", "roi"]))
    shown = roi_grid(rows, ROW_LABELS, keys, lambda c: plus_minus(c.mean, c.standard_error))
    bold = roi_grid(flagged, ROW_LABELS, keys, lambda c: bool(c.best), absent=False)
    if kind:
        by_key = dict(list(rows.groupby(list(ROW_LABELS))))
        shown[OF_CEILING] = [
            _fraction_text(by_key[key]) if key in by_key else MISSING for key in keys
        ]
        bold[OF_CEILING] = False
    marked = [(view.base, *key) in unconverged for key in keys]
    shown["method"] += [f" {DAGGER}" if mark else "" for mark in marked]
    below = _ceiling_rows(ceilings, list(dict.fromkeys(rows["roi"])))
    notes = [
        f"Mean ± {error_words(rows)}. Chance is 0.5; best of each task and ROI in bold.",
        *(KINDS[name] for name in ceilings),
        *([fraction_note(kind, ceilings[kind])] if kind else []),
        *([f"{DAGGER} the tuned model did not converge."] if any(marked) else []),
    ]
    every = pd.concat([shown, below], ignore_index=True)
    return Table(
        name=view.name,
        title=view.title,
        note=" ".join(notes),
        values=rows,
        shown=every,
        bold=bold[every.columns[2:]].reindex(every.index, fill_value=False),
        n_labels=2,
    )


def _ceiling_rows(ceilings: Ceilings, rois: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "task": f"{kind} ceiling",
                "method": "",
                **{roi_heading(r): f"{known[r]:.3f}" if r in known else MISSING for r in rois},
                OF_CEILING: "",
            }
            for kind, known in ceilings.items()
        ]
    )


def _with_fraction(rows: pd.DataFrame, ceiling: Mapping[str, float]) -> pd.DataFrame:
    """Add ceiling and share of it, empty where there is none; nothing without any ceiling."""
    if not ceiling:
        return rows
    known = rows["roi"].map(ceiling).astype(float)
    return rows.assign(ceiling=known, fraction_of_ceiling=fraction_of_ceiling(rows["mean"], known))


def _fraction_text(cells: pd.DataFrame) -> str:
    usable = cells[cells["fraction_of_ceiling"].notna()]
    if usable.empty:
        return MISSING
    fraction = (usable["mean"] - CHANCE).sum() / (usable["ceiling"] - CHANCE).sum()
    return f"{fraction:.2f}".replace("-", "\u2212")
