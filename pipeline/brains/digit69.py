"""The brain ``digit69``: one real subject who saw handwritten sixes and nines.

Van Gerven et al. (2010), in the MATLAB file that ChangdeDu/DGMM passes on. There is no map of
regions: all voxels are one ROI, ``visual``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.brain import Brain
from pipeline.brains.checks import require_directory
from pipeline.brains.dataset import BrainDataset, Stimuli
from pipeline.brains.formats.limits import allowed_bytes
from pipeline.brains.formats.matlab import MatFile, check_numeric, numeric_arrays
from pipeline.brains.formats.matlab.tags import Header
from pipeline.brains.near_identical import merged_groups
from pipeline.brains.responses import Responses
from pipeline.brains.unusable_voxels import unusable_voxels_text, usable_voxels, with_columns
from pipeline.config import MeasuredBrainConfig
from pipeline.errors import DataError, Problem, refuse

_FILE = "digit69_28x28.mat"
_SIDE = 28
_PARTS = ("Trn", "Test")
_FIELDS = ("fmriTrn", "stimTrn", "fmriTest", "stimTest")
# Correlation of pixels above which two pictures count as the same. In the original file the
# nearest two reach 0.90, so every picture there is a group of its own.
_NEAR_IDENTICAL = 0.95
_REMEDY = f"Point to the folder with the original {_FILE}."


def load_digit69(config: MeasuredBrainConfig) -> BrainDataset:
    """Read the 90 + 10 pictures and the responses to them as one set of 100 stimuli.

    Parameters
    ----------
    config : MeasuredBrainConfig
        ``directory`` holds digit69_28x28.mat.

    Returns
    -------
    BrainDataset
        Pictures of shape (n_stimuli, 28, 28, 3), upright; one subject, one ROI.

    Raises
    ------
    DataError
        If the file is missing or damaged, or a field is missing or has another shape.
    """
    path = _checked_path(config.directory)
    responses, pixels = _read(path)
    # MATLAB counts down the columns first: without the exchange the digits lie on their side.
    upright = pixels.reshape(-1, _SIDE, _SIDE).transpose(0, 2, 1)
    everywhere = {"visual": np.arange(responses.shape[1])}
    usable = usable_voxels(str(path), responses, everywhere, config.max_unusable)
    columns_left = usable.rois["visual"]
    responses_left = Responses(
        with_columns(responses, columns_left),
        {"visual": np.arange(len(columns_left))},
        left_out=usable.dropped,
    )
    names = np.array([f"image{number:03d}" for number in range(len(upright))])
    stimuli = Stimuli(np.repeat(upright[..., np.newaxis], 3, axis=3), names)
    return BrainDataset(
        name="digit69",
        stimuli=Stimuli(stimuli.items, merged_groups(stimuli, _NEAR_IDENTICAL)),
        subjects={"s1": responses_left},
        source=f"{_FILE} (van Gerven et al. 2010); {unusable_voxels_text({'s1': responses_left})}",
    )


def _checked_path(directory: Path | None) -> Path:
    directory = require_directory("digit69", directory, _REMEDY)
    path = directory / _FILE
    if not path.is_file():
        raise DataError(Problem(str(path), "this file", "no such file", _REMEDY))
    return path


def _read(path: Path) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Read responses, shape (n_stimuli, n_voxels), and pictures, shape (n_stimuli, 784)."""
    with MatFile(path) as file:
        if any(field not in file.variables for field in _FIELDS):
            contents = ", ".join(file.variables) or "no fields"
            raise DataError(Problem(f"{path}: fields", ", ".join(_FIELDS), contents, _REMEDY))
        headers = {field: file.variable(field).header for field in _FIELDS}
        check_numeric(file, allowed_bytes(path), _FIELDS)
        refuse(_problems(path, headers), DataError)
        counts = [headers[f"fmri{part}"].shape[0] for part in _PARTS]
        n_voxels = headers["fmriTrn"].shape[1]
        responses = np.empty((sum(counts), n_voxels), dtype=np.float32)
        for part, n, out in zip(_PARTS, counts, np.split(responses, counts[:1]), strict=True):
            file.columns(f"fmri{part}", np.arange(n_voxels), np.arange(n), out)
        stimuli = numeric_arrays(file, allowed_bytes(path), [f"stim{part}" for part in _PARTS])
    for field, pixels in stimuli.items():
        if pixels.dtype != np.uint8:  # whatever class MATLAB gives them, bytes are what is stored
            contents = f"{pixels.dtype} of shape {pixels.shape}"
            raise DataError(Problem(f"{path}: {field}", "uint8 pixels", contents, _REMEDY))
    return responses, np.concatenate(list(stimuli.values()))


def _problems(path: Path, headers: Mapping[str, Header]) -> Iterator[Problem]:
    for part in _PARTS:
        fmri, stim = headers[f"fmri{part}"], headers[f"stim{part}"]
        if len(fmri.shape) != 2 or 0 in fmri.shape:
            yield _misfit(path, f"fmri{part}", "numbers of shape (n_stimuli, n_voxels)", fmri)
        elif stim.shape != (fmri.shape[0], _SIDE**2):
            expected = f"uint8 of shape ({fmri.shape[0]}, {_SIDE**2})"
            yield _misfit(path, f"stim{part}", expected, stim)
    trained, tested = headers["fmriTrn"], headers["fmriTest"]
    if trained.shape[1:] != tested.shape[1:]:
        expected = f"as many voxels as fmriTrn, {trained.shape[1:]}"
        yield _misfit(path, "fmriTest", expected, tested)


def _misfit(path: Path, field: str, expected: str, finding: Header) -> Problem:
    return Problem(f"{path}: {field}", expected, finding.described, _REMEDY)


DIGIT69 = Brain(
    name="digit69",
    modality="image",
    summary="one real subject saw 100 handwritten sixes and nines (van Gerven et al. 2010)",
    read=load_digit69,
    settings=MeasuredBrainConfig,
    needs_directory=True,
)
