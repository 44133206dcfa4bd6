"""The one form in which brain data reaches every later stage, checked when it is made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DataError, Problem, refuse

Modality = Literal["text", "image"]


@dataclass(frozen=True)
class Stimuli:
    """What the subjects read or saw, in the order of the response rows.

    Parameters
    ----------
    items : tuple of str, or ndarray of uint8, shape (n_stimuli, height, width, 3)
        Sentences, or pictures in RGB.
    groups : ndarray of str, shape (n_stimuli,)
        Stimulus group of each item (passage, topic, image identity): what may not be split
        between train and test.
    """

    items: tuple[str, ...] | NDArray[np.uint8]
    groups: NDArray[np.str_]

    @property
    def modality(self) -> Modality:
        """Say whether the items are sentences or pictures."""
        return "text" if isinstance(self.items, tuple) else "image"

    def __len__(self) -> int:
        return len(self.items)

    @property
    def digest(self) -> str:
        """SHA-256 of the items in order (not of the groups: features do not depend on them)."""
        digest = hashlib.sha256()
        if isinstance(self.items, tuple):
            for item in self.items:
                digest.update(item.encode() + b"\0")
        else:
            digest.update(repr(self.items.shape).encode())
            digest.update(np.ascontiguousarray(self.items).tobytes())
        return digest.hexdigest()


@dataclass(frozen=True)
class Responses:
    """One subject's responses to all stimuli.

    Parameters
    ----------
    values : ndarray of float32, shape (n_stimuli, n_voxels)
        Responses, averaged over repeats where there are any.
    rois : mapping of str to ndarray of int
        Region of interest -> 0-based voxel columns of ``values``.
    repeats : ndarray of float32, shape (n_repeats, n_stimuli, n_voxels), optional
        The single presentations behind ``values``: what a noise ceiling is estimated from.
    """

    values: NDArray[np.float32]
    rois: Mapping[str, NDArray[np.int64]]
    repeats: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class BrainDataset:
    """Stimuli with groups, and per subject the responses with their regions of interest.

    Parameters
    ----------
    name : str
        Name in BRAINS; holds the word ``simulated`` where the subjects are.
    stimuli : Stimuli
    subjects : mapping of str to Responses
    source : str
        Where the data came from, as shown beside every result made with it.

    Raises
    ------
    DataError
        All problems at once: counts that do not match, NaN, infinite or constant voxels, voxel
        columns outside the responses, empty regions.
    """

    name: str
    stimuli: Stimuli
    subjects: Mapping[str, Responses]
    source: str

    def __post_init__(self) -> None:
        refuse(self._problems(), DataError)

    @property
    def simulated(self) -> bool:
        """Say whether the subjects are simulated; every title made from this data says so too."""
        return "simulated" in self.name

    @property
    def rois(self) -> tuple[str, ...]:
        """Regions of interest, in the order of their first appearance over subjects."""
        return tuple(dict.fromkeys(roi for s in self.subjects.values() for roi in s.rois))

    @property
    def digest(self) -> str:
        """SHA-256 of stimuli, groups, responses, repeats and regions."""
        digest = hashlib.sha256(self.stimuli.digest.encode())
        digest.update("\0".join(self.stimuli.groups.tolist()).encode())
        for subject, responses in self.subjects.items():
            digest.update(subject.encode())
            for measured in (responses.values, responses.repeats):
                if measured is not None:
                    digest.update(repr(measured.shape).encode())
                    digest.update(np.ascontiguousarray(measured).tobytes())
            for roi, columns in responses.rois.items():
                digest.update(roi.encode() + np.asarray(columns, dtype=np.int64).tobytes())
        return digest.hexdigest()

    def _problems(self) -> Iterator[Problem]:
        if not self.subjects:
            yield Problem(self.name, "at least one subject", "none", "Check the data directory.")
        if len(self.stimuli.groups) != len(self.stimuli):
            yield Problem(
                f"{self.name}: stimulus groups",
                f"one group for each of {len(self.stimuli)} stimuli",
                f"{len(self.stimuli.groups)} groups",
                "Give every stimulus the passage, topic or image identity it belongs to.",
            )
        for subject, responses in self.subjects.items():
            yield from _response_problems(
                f"{self.name}, subject {subject}", responses, len(self.stimuli)
            )


def _response_problems(where: str, responses: Responses, n_stimuli: int) -> Iterator[Problem]:
    values = responses.values
    if values.ndim != 2 or len(values) != n_stimuli:
        yield Problem(
            f"{where}: responses",
            f"one row for each of {n_stimuli} stimuli",
            f"an array of shape {values.shape}",
            "Match responses and stimuli by name and drop what has no partner.",
        )
        return
    if not responses.rois:
        yield Problem(f"{where}: ROIs", "at least one", "none", "Name the region of each voxel.")
    for roi, columns in responses.rois.items():
        yield from _roi_problems(f"{where}, ROI {roi}", values, columns)
    if responses.repeats is None:
        return
    if responses.repeats.shape[1:] != values.shape:
        yield Problem(
            f"{where}: repeats",
            f"shape (n_repeats, {values.shape[0]}, {values.shape[1]})",
            f"shape {responses.repeats.shape}",
            "Give every repeat all stimuli and voxels, or leave the repeats out.",
        )
    elif not np.isfinite(responses.repeats).all():
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
    voxels = values[:, columns]
    finite = np.isfinite(voxels).all(axis=0)
    if not finite.all():
        yield Problem(
            where,
            "finite responses",
            f"NaN or infinite values in {np.count_nonzero(~finite)} of {len(columns)} voxels",
            "Leave these voxels out of the region.",
        )
        return
    constant = np.ptp(voxels, axis=0) == 0
    if constant.any():
        yield Problem(
            where,
            "voxels that vary over stimuli",
            f"{np.count_nonzero(constant)} of {len(columns)} voxels with one constant value",
            "Leave these voxels out of the region.",
        )
