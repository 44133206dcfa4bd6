"""Which trials showed which stimulus: repeats averaged for scoring, kept for the ceiling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.checks import usable_voxels
from pipeline.brains.responses import Responses
from pipeline.errors import DataError, Problem, refuse


@dataclass(frozen=True)
class Showings:
    """The trials of one subject, by the stimulus they showed.

    Parameters
    ----------
    names : tuple of str
        The different stimuli, in the order of the rows that averages have.
    rows : ndarray of int64, shape (n_trials,)
        Position in ``names`` of each trial's stimulus.
    ordinals : ndarray of int64, shape (n_trials,)
        How many earlier trials showed the same stimulus.
    """

    names: tuple[str, ...]
    rows: NDArray[np.int64]
    ordinals: NDArray[np.int64]

    @property
    def counts(self) -> NDArray[np.int64]:
        """Trials of each stimulus, shape (n_stimuli,)."""
        return np.bincount(self.rows, minlength=len(self.names))

    @property
    def n_repeats(self) -> int:
        """Showings kept for the ceiling: :func:`most_showings` of the counts."""
        return most_showings(self.counts)

    @property
    def repeated(self) -> NDArray[np.int64]:
        """Rows whose stimuli were shown at least ``n_repeats`` times; empty if none repeat."""
        if self.n_repeats == 0:
            return np.array([], dtype=np.int64)
        return np.flatnonzero(self.counts >= self.n_repeats)


def showings_of(trials: Sequence[str], names: Iterable[str] | None = None) -> Showings:
    """Group trials by stimulus.

    Parameters
    ----------
    trials : sequence of str
        Name of the stimulus of each trial.
    names : iterable of str, optional
        The different names in the order wanted; by default that of their first showing.
    """
    ordered = tuple(dict.fromkeys(trials)) if names is None else tuple(names)
    place = {name: row for row, name in enumerate(ordered)}
    seen: Counter[str] = Counter()
    ordinals = np.empty(len(trials), dtype=np.int64)
    for trial, name in enumerate(trials):
        ordinals[trial] = seen[name]
        seen[name] += 1
    rows = np.array([place[name] for name in trials], dtype=np.int64)
    return Showings(ordered, rows, ordinals)


def most_showings(counts: NDArray[np.int64]) -> int:
    """Choose the number of repeats r >= 2 that keeps most showings for the ceiling.

    A ceiling needs the same number of repeats of every stimulus it uses: r repeats of the
    stimuli shown at least r times, so r times their number are kept. Of equals the larger r,
    which needs fewer stimuli but measures each better. BOLD5000: 4 for CSI1-3, 2 for CSI4.

    Returns
    -------
    int
        0 if no stimulus was shown twice.
    """
    tried = range(2, int(counts.max(initial=0)) + 1)
    return max(tried, key=lambda r: (r * np.count_nonzero(counts >= r), r), default=0)


class Averaged:
    """Responses of one subject, filled block by block and averaged over showings as they come.

    Holds the averages and the repeats only, never all trials.

    Parameters
    ----------
    showings : Showings
    n_voxels : int
    """

    def __init__(self, showings: Showings, n_voxels: int) -> None:
        self.showings = showings
        self.repeated = showings.repeated
        n_repeats = showings.n_repeats
        self.values = np.zeros((len(showings.names), n_voxels), dtype=np.float32)
        self.repeats = np.zeros((n_repeats, len(self.repeated), n_voxels), dtype=np.float32)
        self._place = {int(row): place for place, row in enumerate(self.repeated)}

    def add(self, first_trial: int, first_voxel: int, block: NDArray[np.floating]) -> None:
        """Add the responses of some trials in some voxels, each pair once in all.

        Parameters
        ----------
        first_trial, first_voxel : int
            Where the block starts.
        block : ndarray, shape (n_trials, n_voxels)
        """
        columns = slice(first_voxel, first_voxel + block.shape[1])
        trials = slice(first_trial, first_trial + len(block))
        rows, ordinals = self.showings.rows[trials], self.showings.ordinals[trials]
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is dropped below
            for response, row, ordinal in zip(block, rows.tolist(), ordinals.tolist(), strict=True):
                self.values[row, columns] += response
                if row in self._place and ordinal < len(self.repeats):
                    self.repeats[ordinal, self._place[row], columns] = response

    def responses(
        self,
        where: str,
        rois: Mapping[str, NDArray[np.int64]],
        shown: NDArray[np.int64] | None = None,
        coordinates: NDArray[np.float32] | None = None,
    ) -> tuple[Responses, int]:
        """Finish the averages and leave out unusable voxels.

        Parameters
        ----------
        where : str
            File and subject, for the messages.
        rois : mapping of str to ndarray of int
            Columns, counted before any is left out; every voxel is in at least one.
        shown : ndarray of int64, shape (n_stimuli,), optional
            Positions of ``showings.names`` in the dataset.
        coordinates : ndarray of float32, shape (n_voxels, 3), optional

        Returns
        -------
        Responses
        int
            Voxels left out.

        Raises
        ------
        DataError
            If a ROI would lose more than half of its voxels.
        """
        with np.errstate(invalid="ignore"):
            self.values /= self.showings.counts[:, np.newaxis].astype(np.float32)
        usable = _usable(where, self.values, rois)
        kept = np.unique(np.concatenate(list(usable.values())))
        values, repeats = _with_columns(self.values, kept), _with_columns(self.repeats, kept)
        responses = Responses(
            values=values,
            rois={roi: np.searchsorted(kept, columns) for roi, columns in usable.items()},
            repeats=repeats if repeats.size else None,
            shown=shown,
            repeated=self.repeated if repeats.size else None,
            coordinates=None if coordinates is None else coordinates[kept],
        )
        return responses, self.values.shape[1] - len(kept)


def _usable(
    where: str, values: NDArray[np.float32], rois: Mapping[str, NDArray[np.int64]]
) -> dict[str, NDArray[np.int64]]:
    """Look at one region after another, which copies less than all at once; refuse all together."""
    usable: dict[str, NDArray[np.int64]] = {}
    problems: list[Problem] = []
    for roi, columns in rois.items():
        try:
            usable |= usable_voxels(where, values, {roi: columns}).rois
        except DataError as error:
            problems += error.problems
    refuse(problems, DataError)
    return usable


def _with_columns(array: NDArray[np.float32], columns: NDArray[np.int64]) -> NDArray[np.float32]:
    """Move the ascending columns together in place: a copy would double the memory."""
    if len(columns) == array.shape[-1]:
        return array
    flat, width = array.reshape(-1), len(columns)
    for row, response in enumerate(array.reshape(-1, array.shape[-1])):
        flat[row * width : (row + 1) * width] = response[columns]
    return flat[: array[..., 0].size * width].reshape(*array.shape[:-1], width)
