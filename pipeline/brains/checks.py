"""Checks of responses before they are a dataset, and of the folder that a loader reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.responses import Responses
from pipeline.brains.unusable_voxels import BLOCK_VALUES, finite_and_varying
from pipeline.errors import DataError, Problem


def response_problems(where: str, responses: Responses, n_stimuli: int) -> Iterator[Problem]:
    """Yield everything that keeps one subject's responses from being used.

    Parameters
    ----------
    where : str
        Dataset and subject, for the messages.
    responses : Responses
    n_stimuli : int
        Stimuli of the whole dataset.
    """
    values = responses.values
    rows = responses.rows(n_stimuli)
    if len(np.unique(rows)) < len(rows) or rows.min(initial=0) < 0 or rows.max() >= n_stimuli:
        yield Problem(
            f"{where}: stimuli shown",
            f"different positions from 0 to {n_stimuli - 1}",
            f"{len(rows)} positions from {rows.min()} to {rows.max()}, "
            f"{len(np.unique(rows))} of them different",
            "Average repeats first, and count positions from 0.",
        )
        return
    if values.ndim != 2 or len(values) != len(rows):
        yield Problem(
            f"{where}: responses",
            f"one row for each of {len(rows)} stimuli",
            f"an array of shape {values.shape}",
            "Match responses and stimuli by name and drop what has no partner.",
        )
        return
    if not responses.rois:
        yield Problem(f"{where}: ROIs", "at least one", "none", "Name the region of each voxel.")
    for roi, columns in responses.rois.items():
        yield from _roi_problems(f"{where}, ROI {roi}", values, columns)
    yield from _repeat_problems(where, responses)
    if responses.coordinates is not None and len(responses.coordinates) != values.shape[1]:
        yield Problem(
            f"{where}: coordinates",
            f"one row for each of {values.shape[1]} voxels",
            f"an array of shape {responses.coordinates.shape}",
            "Give every voxel its place, or leave the coordinates out.",
        )


def _repeat_problems(where: str, responses: Responses) -> Iterator[Problem]:
    if responses.repeats is None:
        return
    expected = (len(responses.repeated_rows()), responses.values.shape[1])
    if responses.repeats.shape[1:] != expected:
        yield Problem(
            f"{where}: repeats",
            f"shape (n_repeats, {expected[0]}, {expected[1]})",
            f"shape {responses.repeats.shape}",
            "Give every repeat all its stimuli and voxels, or leave the repeats out.",
        )
    elif not _all_finite(responses.repeats):
        yield Problem(
            f"{where}: repeats",
            "finite responses",
            "NaN or infinite values",
            "Leave these voxels out, or leave the repeats out.",
        )


def _roi_problems(
    where: str, values: NDArray[np.float32], columns: NDArray[np.int64]
) -> Iterator[Problem]:
    if len(columns) == 0 or columns.min() < 0 or columns.max() >= values.shape[1]:
        span = f"{columns.min()} to {columns.max()}" if len(columns) else "no columns"
        yield Problem(
            where,
            f"voxel columns within 0 to {values.shape[1] - 1}",
            span,
            "Columns count from 0: subtract 1 from columns saved by MATLAB.",
        )
        return
    finite, varying = finite_and_varying(values, columns)
    if not finite.all():
        yield Problem(
            where,
            "finite responses",
            f"NaN or infinite values in {np.count_nonzero(~finite)} of {len(columns)} voxels",
            "Leave these voxels out of the region.",
        )
    elif not varying.all():
        yield Problem(
            where,
            "voxels that vary over stimuli",
            f"{np.count_nonzero(~varying)} of {len(columns)} voxels with one constant value",
            "Leave these voxels out of the region.",
        )


def _all_finite(repeats: NDArray[np.float32]) -> bool:
    """Look at a few megabytes at a time: the answers alone would take a quarter of the data."""
    rows = repeats.reshape(-1, repeats.shape[-1])
    height = max(1, BLOCK_VALUES // max(1, rows.shape[1]))
    starts = range(0, len(rows), height)
    return all(bool(np.isfinite(rows[start : start + height]).all()) for start in starts)


def require_directory(name: str, directory: Path | None, remedy: str) -> Path:
    """Make sure that a brain dataset was pointed to a folder.

    Raises
    ------
    DataError
        When no directory was given, or there is none of that name.
    """
    if directory is None:
        raise DataError(Problem(f"{name}: directory", "a folder", "none given", remedy))
    if not directory.is_dir():
        raise DataError(Problem(str(directory), "a folder", "no such folder", remedy))
    return directory
