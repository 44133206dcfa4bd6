"""The overview of a brain dataset, as a table to compute with and as one to read."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import numpy as np
import pandas as pd

from pipeline.brains.dataset import BrainDataset
from pipeline.errors import DataError, Problem

WIDTH = 100
_KEYS = ["subject", "roi"]
_LONGEST = {"subject": 10, "roi": 20}
_MOST_ROWS = 60
_MOST_SCORES = 2


def overview(dataset: BrainDataset, ceilings: pd.DataFrame | None = None) -> pd.DataFrame:
    """Count what the dataset holds.

    Parameters
    ----------
    dataset : BrainDataset
    ceilings : DataFrame, optional
        Columns subject, roi and one for each kind of noise ceiling; joined as ``ceiling_<kind>``.

    Returns
    -------
    DataFrame
        One row for each subject x ROI: subject, roi, voxels; left_out, voxels of the ROI that
        cannot be used (NaN, infinite or constant); stimuli and groups that the subject
        was shown; repeats, the presentations of each repeated stimulus (1 without repeats);
        repeated, how many stimuli were presented that often (0 without); then the ceilings. A
        ceiling is NaN where the frame has none, as for subjects without repeats.

    Raises
    ------
    DataError
        If the ceilings name a subject or ROI that the dataset does not hold, or one twice.
    """
    table = pd.DataFrame(list(_rows(dataset)))
    if ceilings is None or ceilings.empty:
        return table
    problem = _misfit(table, ceilings)
    if problem is not None:
        raise DataError(problem)
    scores = {name: f"ceiling_{name}" for name in ceilings.columns if name not in _KEYS}
    return table.merge(ceilings.rename(columns=scores), on=_KEYS, how="left")


def _rows(dataset: BrainDataset) -> Iterator[dict[str, object]]:
    for subject, responses in dataset.subjects.items():
        table_rows = responses.rows(len(dataset.stimuli))
        repeats = responses.repeats
        for roi, columns in responses.rois.items():
            yield {
                "subject": subject,
                "roi": roi,
                "voxels": len(columns),
                "left_out": responses.left_out.get(roi, 0),
                "stimuli": len(table_rows),
                "groups": len(np.unique(dataset.stimuli.groups[table_rows])),
                "repeats": 1 if repeats is None else len(repeats),
                "repeated": 0 if repeats is None else repeats.shape[1],
            }


def _misfit(table: pd.DataFrame, ceilings: pd.DataFrame) -> Problem | None:
    missing = [key for key in _KEYS if key not in ceilings.columns]
    if missing:
        contents = ", ".join(map(str, ceilings.columns))
        return Problem(
            "ceilings", "columns subject and roi", contents, "Name whose ceilings they are."
        )
    known = set(table[_KEYS].itertuples(index=False, name=None))
    keys = list(ceilings[_KEYS].itertuples(index=False, name=None))
    for place, key in enumerate(keys):
        if key not in known or key in keys[:place]:
            finding = f"subject {key[0]}, ROI {key[1]}" + (" twice" if key in known else "")
            remedy = "Estimate the ceilings from this dataset, one row for each subject and ROI."
            return Problem("ceilings", "each subject and ROI of the dataset once", finding, remedy)
    return None


def overview_text(dataset: BrainDataset, ceilings: pd.DataFrame | None = None) -> str:
    """Write the overview for a terminal.

    Parameters
    ----------
    dataset : BrainDataset
    ceilings : DataFrame, optional
        As for :func:`overview`; the first two kinds are shown.

    Returns
    -------
    str
        Lines of at most 100 columns: name, source, totals, then one line for each subject x ROI.
        Of more than 60 such lines the rest are counted. Longer names are cut with an ellipsis.
    """
    table = overview(dataset, ceilings)
    scores = [name for name in table.columns if name.startswith("ceiling_")][:_MOST_SCORES]
    table_rows = table.head(_MOST_ROWS)
    columns = [_left(name, table_rows[name].astype(str).tolist()) for name in _KEYS]
    counts = ["voxels", "left_out", "stimuli", "groups", "repeats"]
    columns += [
        _right(name.replace("_", " "), [f"{count:,}" for count in table_rows[name]])
        for name in counts
    ]
    columns += [
        _right(_heading(name), [_score(value) for value in table_rows[name]]) for name in scores
    ]
    lines = ["  ".join(cells).rstrip() for cells in zip(*columns, strict=True)]
    rest = len(table) - len(table_rows)
    return "\n".join(
        [
            *textwrap.wrap(f"{dataset.name}: {dataset.source}", WIDTH),
            *textwrap.wrap(_totals(dataset, table), WIDTH),
            "",
            *lines,
            *([f"and {rest:,} more rows of subject and ROI"] if rest else []),
        ]
    )


def _totals(dataset: BrainDataset, table: pd.DataFrame) -> str:
    n_voxels = sum(responses.values.shape[1] for responses in dataset.subjects.values())
    n_bytes = sum(
        array.nbytes
        for responses in dataset.subjects.values()
        for array in (responses.values, responses.repeats)
        if array is not None
    )
    with_repeats = table.loc[table["repeated"] > 0, "subject"].nunique()
    groups = len(np.unique(dataset.stimuli.groups))
    return (
        f"In all: {_counted(len(dataset.subjects), 'subject')} ({with_repeats:,} with repeats), "
        f"{_counted(len(dataset.rois), 'ROI')}, {_counted(n_voxels, 'voxel')}, "
        f"{len(dataset.stimuli):,} {dataset.stimuli.modality} stimuli in "
        f"{_counted(groups, 'group')}, "
        f"{n_bytes / 1e6:,.1f} MB of responses."
    )


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _heading(name: str) -> str:
    title = name.removeprefix("ceiling_").replace("two_vs_two", "2v2")
    return f"ceiling {title.replace('correlation', 'r')}"[:11]


def _score(value: float) -> str:
    return "none" if np.isnan(value) else f"{value:.3f}"


def _left(heading: str, cells: list[str]) -> list[str]:
    longest = _LONGEST[heading]
    cut = [cell if len(cell) <= longest else f"{cell[: longest - 1]}…" for cell in cells]
    width = max(len(heading), *map(len, cut))
    return [cell.ljust(width) for cell in (heading, *cut)]


def _right(heading: str, cells: list[str]) -> list[str]:
    width = max(len(heading), *map(len, cells))
    return [cell.rjust(width) for cell in (heading, *cells)]
