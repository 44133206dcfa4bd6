"""Repeats of a stimulus: averaged for scoring, kept one by one for the ceiling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.responses import Responses
from pipeline.brains.unusable_voxels import usable_voxels, with_columns

Name = TypeVar("Name", str, int)

_BLOCK_VALUES = 1 << 19


@dataclass(frozen=True)
class Showings:
    """The trials of one subject, by the stimulus they showed.

    Parameters
    ----------
    names : tuple of str or of int
        The different stimuli, in the order of the rows that averages have.
    rows : ndarray of int64, shape (n_trials,)
        Position in ``names`` of each trial's stimulus.
    ordinals : ndarray of int64, shape (n_trials,)
        How many earlier trials showed the same stimulus.
    """

    names: tuple[Hashable, ...]
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


def group_showings(trials: Sequence[Name], names: Iterable[Name] | None = None) -> Showings:
    """Group trials by stimulus.

    Parameters
    ----------
    trials : sequence of str or of int
        Name or number of the stimulus of each trial.
    names : iterable, optional
        The different names in the order wanted; by default that of their first showing.
    """
    ordered = tuple(dict.fromkeys(trials)) if names is None else tuple(names)
    place = {name: row for row, name in enumerate(ordered)}
    times: Counter[Name] = Counter()
    ordinals = np.empty(len(trials), dtype=np.int64)
    for trial, name in enumerate(trials):
        ordinals[trial] = times[name]
        times[name] += 1
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
    candidates = range(2, int(counts.max(initial=0)) + 1)
    return max(candidates, key=lambda r: (r * np.count_nonzero(counts >= r), r), default=0)


class Averaged:
    """Responses of one subject, filled block by block and averaged over showings as they come.

    Holds the averages and the repeats only, never all trials.
    """

    def __init__(self, showings: Showings, n_voxels: int) -> None:
        self.showings = showings
        self.repeated = showings.repeated
        n_repeats = showings.n_repeats
        self.values = np.zeros((len(showings.names), n_voxels), dtype=np.float32)
        self.repeats = np.zeros((n_repeats, len(self.repeated), n_voxels), dtype=np.float32)
        self._place = np.full(len(showings.names), -1)
        self._place[self.repeated] = np.arange(len(self.repeated))

    def add(self, first_trial: int, first_voxel: int, block: NDArray[np.floating]) -> None:
        """Add the responses of some trials in some voxels, each pair once in all.

        Parameters
        ----------
        first_trial, first_voxel : int
            Where the block starts.
        block : ndarray, shape (n_trials, n_voxels)
        """
        height = max(1, _BLOCK_VALUES // max(1, block.shape[1]))
        for start in range(0, len(block), height):
            self._add(first_trial + start, first_voxel, block[start : start + height])

    def _add(self, first_trial: int, first_voxel: int, block: NDArray[np.floating]) -> None:
        columns = slice(first_voxel, first_voxel + block.shape[1])
        trials = slice(first_trial, first_trial + len(block))
        rows, ordinals = self.showings.rows[trials], self.showings.ordinals[trials]
        places = self._place[rows]
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is dropped below
            for ordinal in np.unique(ordinals):  # within one, no stimulus is met twice
                now = ordinals == ordinal
                self.values[rows[now], columns] += block[now]
                useful = now & (places >= 0)
                if ordinal < len(self.repeats) and useful.any():
                    self.repeats[ordinal, places[useful], columns] = block[useful]

    def responses(
        self,
        where: str,
        rois: Mapping[str, NDArray[np.int64]],
        most_unusable: float,
        stimulus_rows: NDArray[np.int64] | None = None,
        coordinates: NDArray[np.float32] | None = None,
    ) -> Responses:
        """Finish the averages and leave out unusable voxels.

        Parameters
        ----------
        where : str
            File and subject, for the messages.
        rois : mapping of str to ndarray of int
            Columns, counted before any is left out; every voxel is in at least one.
        most_unusable : float
            Largest share of a region's voxels that may be left out.
        stimulus_rows : ndarray of int64, shape (n_stimuli,), optional
            Positions of ``showings.names`` in the dataset.
        coordinates : ndarray of float32, shape (n_voxels, 3), optional

        Raises
        ------
        DataError
            If a ROI would lose more of its voxels than allowed.
        """
        with np.errstate(invalid="ignore"):
            self.values /= self.showings.counts[:, np.newaxis].astype(np.float32)
        usable = usable_voxels(where, self.values, rois, most_unusable)
        columns_left = np.unique(np.concatenate(list(usable.rois.values())))
        values, repeats = (
            with_columns(self.values, columns_left),
            with_columns(self.repeats, columns_left),
        )
        some = len(self.repeated) < len(self.showings.names)
        return Responses(
            values=values,
            rois={
                roi: np.searchsorted(columns_left, columns) for roi, columns in usable.rois.items()
            },
            repeats=repeats if repeats.size else None,
            stimulus_rows=stimulus_rows,
            repeated=self.repeated if repeats.size and some else None,
            coordinates=None if coordinates is None else coordinates[columns_left],
            left_out=usable.dropped,
        )
