"""The manifest ``dataset.json`` of a canonical copy, and what its files must then be."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from pipeline.brains.formats.npy import npy_header
from pipeline.words import Modality

MANIFEST = "dataset.json"
FORMAT = 2


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SubjectEntry(_Model):
    """One subject: its name, and its regions in order.

    Parameters
    ----------
    name : str
    rois : list of str
        Region i is the array ``roi_<i>`` of the subject's small.npz.
    repeats : bool
        Whether there is a repeats.npy.
    left_out : dict of str to int
        Region -> voxels left out as unusable, only where there are any.
    """

    name: str
    rois: list[str]
    repeats: bool
    left_out: dict[str, int]


class Manifest(_Model):
    """The whole dataset.json.

    Parameters
    ----------
    format : int
        Version of the form of the copy.
    name, source, digest : str
        Of the dataset.
    modality : 'text' or 'image'
    n_stimuli : int
    subjects : list of SubjectEntry
        Subject i has the folder ``subject-<i>``.
    seal : str
        SHA-256 of all the above and of :func:`describe_file` of every file.
    """

    format: int
    name: str
    source: str
    digest: str
    modality: Modality
    n_stimuli: int = Field(ge=1)
    subjects: list[SubjectEntry]
    seal: str

    def files(self) -> list[str]:
        """Name the files of the copy, relative to its folder."""
        names = ["stimuli.jsonl", *(["images.npy"] if self.modality == "image" else [])]
        for number, subject in enumerate(self.subjects):
            kinds = ["responses.npy", "small.npz", *(["repeats.npy"] if subject.repeats else [])]
            names += [f"{subject_folder(number)}/{kind}" for kind in kinds]
        return names

    def sealed(self, folder: Path) -> str:
        """Compute the seal from the files as they are."""
        content = self.model_dump(exclude={"seal"})
        content["files"] = {name: describe_file(folder / name) for name in self.files()}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def subject_folder(number: int) -> str:
    """Name the folder of a subject, which its own name may be no good for."""
    return f"subject-{number:03d}"


def describe_file(path: Path) -> str:
    """Describe large .npy files by size and header, and the small others by their SHA-256."""
    if path.suffix != ".npy":
        return hashlib.sha256(path.read_bytes()).hexdigest()
    with path.open("rb") as stream:
        declared, expected = npy_header(stream)
    size = path.stat().st_size
    return f"{declared.kind}{declared.itemsize} {list(declared.shape)} {size} of {expected} bytes"
