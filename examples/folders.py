"""Small folders of brain data in the forms ``arrays`` and ``nifti``, to look at and to load.

python -m examples.folders    # writes docs/downloads/arrays.zip and nifti.zip
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

PLACE = Path("docs/downloads")
SUBJECTS = ("s1", "s2", "s3")
PEOPLE = ("baker", "nurse", "sailor", "farmer", "singer", "miller")
DEEDS = ("wakes up early", "walks to the market", "meets an old friend", "sleeps well")
SIDE = 4  # voxels along each edge of a volume
_EARLY = (1980, 1, 1, 0, 0, 0)  # the same files give the same archive


def stimuli() -> bytes:
    """Write ``stimuli.csv``: six passages of four sentences."""
    table = io.StringIO()
    rows = [(f"The {who} {what}.", who) for who in PEOPLE for what in DEEDS]
    csv.writer(table, lineterminator="\n").writerows([("text", "group"), *rows])
    return table.getvalue().encode()


def responses(subject: int) -> NDArray[np.float32]:
    """Simulate responses: a part for each person and deed, and noise.

    Returns
    -------
    ndarray of float32, shape (n_stimuli, n_voxels)
    """
    shared, own = np.random.default_rng(0), np.random.default_rng(subject + 1)
    n_voxels = SIDE**3
    people = shared.standard_normal((len(PEOPLE), 1, n_voxels))
    deeds = shared.standard_normal((1, len(DEEDS), n_voxels))
    signal = (people + deeds).reshape(-1, n_voxels)
    return (signal + own.standard_normal(signal.shape)).astype(np.float32)


def arrays() -> Iterator[tuple[str, bytes]]:
    """Yield the files of a folder of arrays: a table, and an .npz for each subject."""
    yield "stimuli.csv", stimuli()
    half = SIDE**3 // 2
    for number, name in enumerate(SUBJECTS):
        file = io.BytesIO()
        regions = {"roi/front": np.arange(half), "roi/back": np.arange(half, 2 * half)}
        np.savez_compressed(file, responses=responses(number), **regions)
        yield f"{name}.npz", file.getvalue()


def nifti() -> Iterator[tuple[str, bytes]]:
    """Yield the files of a folder of NIfTI: a table, volumes and masks for each subject."""
    yield "stimuli.csv", stimuli()
    masks = np.zeros((2, SIDE, SIDE, SIDE), dtype=np.uint8)
    masks[0, : SIDE // 2], masks[1, SIDE // 2 :] = 1, 1
    for number, name in enumerate(SUBJECTS):
        volumes = responses(number).T.reshape(SIDE, SIDE, SIDE, -1)
        yield f"{name}/betas.nii", _image(volumes)
        for region, mask in zip(("front", "back"), masks, strict=True):
            yield f"{name}/masks/{region}.nii", _image(mask)


def write(path: Path, files: Iterator[tuple[str, bytes]]) -> None:
    """Write an archive that is the same, byte for byte, each time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name, _EARLY), content, zipfile.ZIP_DEFLATED)


def _image(values: NDArray[np.generic]) -> bytes:
    return nib.Nifti1Image(values, np.diag([3.0, 3.0, 3.0, 1.0])).to_bytes()


if __name__ == "__main__":
    PLACE.mkdir(parents=True, exist_ok=True)
    write(PLACE / "arrays.zip", arrays())
    write(PLACE / "nifti.zip", nifti())
