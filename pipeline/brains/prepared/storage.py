"""The canonical copy of a dataset, written and read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from pipeline.brains.brain import Brain
from pipeline.brains.checks import require_directory
from pipeline.brains.dataset import BrainDataset, Stimuli
from pipeline.brains.formats.limits import damaged
from pipeline.brains.formats.npy import mapped_npy
from pipeline.brains.formats.npz import read_npz
from pipeline.brains.prepared.manifest import (
    FORMAT,
    MANIFEST,
    Manifest,
    SubjectEntry,
    subject_folder,
)
from pipeline.brains.responses import Responses
from pipeline.config import BrainConfig
from pipeline.errors import DataError, Problem

_MOST_JSON = 1 << 26
#: Name in a file of what responses may lack -> their field.
_OPTIONAL = {"shown": "stimulus_rows", "repeated": "repeated", "coordinates": "coordinates"}
_REMEDY = "Prepare the brain data again, into an empty folder."


def write_canonical(dataset: BrainDataset, folder: Path) -> None:
    """Write the canonical copy of a dataset.

    Parameters
    ----------
    dataset : BrainDataset
    folder : Path
        Is made; must not hold anything yet. dataset.json is written last, so a copy that was
        broken off is never taken for a whole one.

    Raises
    ------
    DataError
        If the folder holds something or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(Problem(str(folder), "a new or empty folder", "something", _REMEDY))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_stimuli(dataset.stimuli, folder)
        entries = [
            _write_subject(name, responses, folder / subject_folder(number))
            for number, (name, responses) in enumerate(dataset.subjects.items())
        ]
        unsealed = Manifest(
            format=FORMAT,
            name=dataset.name,
            source=dataset.source,
            digest=dataset.digest,
            modality=dataset.stimuli.modality,
            n_stimuli=len(dataset.stimuli),
            subjects=entries,
            seal="",
        )
        manifest = unsealed.model_copy(update={"seal": unsealed.sealed(folder)})
        (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
    except OSError as error:
        finding = f"{type(error).__name__}: {error}"
        raise DataError(Problem(str(folder), "a folder to write to", finding, _REMEDY)) from error


def _write_stimuli(stimuli: Stimuli, folder: Path) -> None:
    with (folder / "stimuli.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        for place, group in enumerate(stimuli.groups.tolist()):
            text = {"text": stimuli.items[place]} if stimuli.modality == "text" else {}
            file.write(json.dumps({"group": group, **text}) + "\n")
    if not isinstance(stimuli.items, tuple):
        np.save(folder / "images.npy", stimuli.items, allow_pickle=False)


def _write_subject(name: str, responses: Responses, folder: Path) -> SubjectEntry:
    folder.mkdir()
    for array in (responses.values, responses.repeats):
        if array is not None and array.dtype != np.float32:
            raise damaged(folder, f"float32 responses of {name}", f"{array.dtype}")
    np.save(folder / "responses.npy", responses.values, allow_pickle=False)
    if responses.repeats is not None:
        np.save(folder / "repeats.npy", responses.repeats, allow_pickle=False)
    small: dict[str, NDArray[Any]] = {
        f"roi_{number}": np.asarray(columns, dtype=np.int64)
        for number, columns in enumerate(responses.rois.values())
    }
    for key, field in _OPTIONAL.items():
        array = getattr(responses, field)
        if array is not None:
            small[key] = np.asarray(array)
    np.savez(folder / "small.npz", allow_pickle=False, **small)
    return SubjectEntry(
        name=name,
        rois=list(responses.rois),
        repeats=responses.repeats is not None,
        left_out=dict(responses.left_out),
    )


def read_canonical(folder: Path, verify: bool = False) -> BrainDataset:
    """Open a canonical copy; responses and pictures stay on disk until they are used.

    Parameters
    ----------
    folder : Path
        As :func:`write_canonical` left it, here or copied.
    verify : bool
        Read everything and compare the digest, too.

    Returns
    -------
    BrainDataset
        Equal to the one that was written, under its name.

    Raises
    ------
    DataError
        If a file is missing, cut short, or is not the one that was written.
    """
    manifest = _read_manifest(folder)
    try:
        sealed = manifest.sealed(folder)
        if sealed != manifest.seal:
            raise damaged(folder, f"files with the seal {manifest.seal[:12]}", f"{sealed[:12]}")
        subjects = {
            entry.name: _read_subject(entry, folder / subject_folder(number))
            for number, entry in enumerate(manifest.subjects)
        }
        stimuli = _read_stimuli(manifest, folder)
    except DataError:
        raise
    except Exception as error:  # numpy and json have several kinds for damaged files
        raise damaged(folder, "a whole canonical copy", error) from error
    dataset = BrainDataset(manifest.name, stimuli, subjects, manifest.source)
    if verify and dataset.digest != manifest.digest:
        expected, finding = f"the digest {manifest.digest[:12]}", dataset.digest[:12]
        raise DataError(Problem(str(folder), expected, finding, _REMEDY))
    return dataset


def _read_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    try:
        if path.stat().st_size > _MOST_JSON:
            raise damaged(path, f"at most {_MOST_JSON} bytes", f"{path.stat().st_size}")
        content = path.read_bytes()
        version = json.loads(content).get("format")
        if version != FORMAT:
            raise damaged(path, f"format {FORMAT} of the copy", f"format {version}")
        return Manifest.model_validate_json(content)
    except DataError:
        raise
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise damaged(path, "what `prepare` wrote", f"{where}: {first['msg']}") from error
    except Exception as error:  # not there, no JSON, or JSON of another form
        raise damaged(path, "what `prepare` wrote", error) from error


def _read_stimuli(manifest: Manifest, folder: Path) -> Stimuli:
    lines = (folder / "stimuli.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    groups = np.array([row["group"] for row in rows])
    if manifest.modality == "text":
        return Stimuli(tuple(row["text"] for row in rows), groups)
    return Stimuli(mapped_npy(folder / "images.npy", np.uint8), groups)


def _read_subject(entry: SubjectEntry, folder: Path) -> Responses:
    small = read_npz(folder / "small.npz")
    return Responses(
        values=mapped_npy(folder / "responses.npy", np.float32),
        rois={roi: small[f"roi_{number}"] for number, roi in enumerate(entry.rois)},
        repeats=mapped_npy(folder / "repeats.npy", np.float32) if entry.repeats else None,
        stimulus_rows=small.get("shown"),
        repeated=small.get("repeated"),
        coordinates=small.get("coordinates"),
        left_out=entry.left_out,
    )


def load_canonical(config: BrainConfig) -> BrainDataset:
    """Open the canonical copy in the directory of a config."""
    remedy = "Point to the folder that prepare wrote."
    return read_canonical(require_directory("prepared", config.directory, remedy), verify=True)


CANONICAL = Brain(
    name="prepared",
    modality="either",
    summary="any brain data, in the canonical copy that prepare has checked and written",
    read=load_canonical,
    needs_directory=True,
)
