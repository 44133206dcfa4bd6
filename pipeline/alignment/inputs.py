"""Checks of features and responses before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.errors import AlignmentError, Problem, refuse


def check_inputs(
    features: Mapping[str, NDArray[np.floating]],
    responses: Mapping[str, NDArray[np.floating]],
    groups: ArrayLike,
) -> None:
    """Refuse arrays that do not match the stimuli or hold values that are not finite.

    Parameters
    ----------
    features : mapping of layer to ndarray, shape (n_stimuli, n_features)
    responses : mapping of ROI to ndarray, shape (n_stimuli, n_voxels)
    groups : array_like, shape (n_stimuli,)

    Raises
    ------
    AlignmentError
        All problems at once.
    """
    n_stimuli = np.asarray(groups).shape
    refuse(_problems(features, responses, n_stimuli), AlignmentError)


def _problems(
    features: Mapping[str, NDArray[np.floating]],
    responses: Mapping[str, NDArray[np.floating]],
    shape: tuple[int, ...],
) -> Iterator[Problem]:
    if len(shape) != 1:
        yield Problem(
            "groups", "one stimulus group for each stimulus", f"shape {shape}", "Give a 1-d array."
        )
        return
    for what, arrays in (("features of layer", features), ("responses of ROI", responses)):
        if not arrays:
            yield Problem(what.split()[0], "at least one array", "none", "Check the input.")
        for name, values in arrays.items():
            yield from _array_problems(f"{what} {name}", values, shape[0])


def _array_problems(where: str, values: NDArray[np.floating], n_stimuli: int) -> Iterator[Problem]:
    if values.ndim != 2 or len(values) != n_stimuli or values.shape[1] == 0:
        yield Problem(
            where,
            f"one row for each of {n_stimuli} stimuli and at least one column",
            f"an array of shape {values.shape}",
            "Match features, responses and groups by stimulus and drop what has no partner.",
        )
        return
    finite = np.isfinite(values)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        count = finite.size - np.count_nonzero(finite)
        yield Problem(
            where,
            "finite numbers",
            f"{count} NaN or infinite values, the first in row {row}, column {column}",
            "Leave these columns or stimuli out.",
        )
