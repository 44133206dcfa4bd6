"""The one form in which brain data reaches every later stage, checked when it is made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.checks import response_problems
from pipeline.brains.responses import Responses
from pipeline.errors import DataError, Problem, refuse
from pipeline.files.spelling import look_alike
from pipeline.words import Modality


@dataclass(frozen=True, eq=False)  # arrays do not compare; as an object it can be a key
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

    def contexts(self) -> tuple[str, ...]:
        """Give for each sentence those of its group that come before it, joined by spaces."""
        earlier: dict[str, list[str]] = {}
        contexts = []
        for sentence, group in zip(self.items, self.groups.tolist(), strict=True):
            contexts.append(" ".join(earlier.setdefault(group, [])))
            earlier[group].append(str(sentence))
        return tuple(contexts)

    @cached_property
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

    @cached_property
    def digest(self) -> str:
        """SHA-256 of stimuli, groups, responses, repeats and regions."""
        digest = hashlib.sha256(self.stimuli.digest.encode())
        digest.update("\0".join(self.stimuli.groups.tolist()).encode())
        for subject, responses in self.subjects.items():
            digest.update(subject.encode())
            for measured in (
                responses.values,
                responses.repeats,
                responses.stimulus_rows,
                responses.repeated,
            ):
                if measured is not None:
                    digest.update(repr(measured.shape).encode())
                    digest.update(np.ascontiguousarray(measured).data)
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
        yield from look_alike(f"{self.name}: subjects", self.subjects)
        yield from look_alike(f"{self.name}: ROIs", self.rois)
        for subject, responses in self.subjects.items():
            where = f"{self.name}, subject {subject}"
            yield from response_problems(where, responses, len(self.stimuli))
