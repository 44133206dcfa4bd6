"""BOLD5000 release 2.0 as most public code uses it: an .npy file for each subject and region.

The folder, or one above it::

    BOLD5000_GLMsingle_ROI_betas/py/
        CSI{n}_GLMbetas-TYPED-FITHRF-GLMDENOISE-RR_allses_{LH,RH}{PPA,...}.npy     (trials, V)
    Stimuli_Presentation_Lists/CSI{n}/CSI{n}_imgnames.txt      or beside them; a line a trial

The files do not say where a session ends: responses are taken as they are, not z-scored within
sessions.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.brains.bold5000.regions import join_hemispheres, matched_keys
from pipeline.brains.bold5000.subjects import SubjectTrials
from pipeline.brains.formats.limits import damaged
from pipeline.brains.formats.npy import npy_blocks, npy_header
from pipeline.brains.repeats import Averaged
from pipeline.brains.responses import Responses
from pipeline.errors import DataError, Problem, refuse

_MARK = "_GLMbetas-TYPED-FITHRF-GLMDENOISE-RR_allses_"
_FOLDERS = ("", "py", "BOLD5000_GLMsingle_ROI_betas", "BOLD5000_GLMsingle_ROI_betas/py")
_REMEDY = "Copy the file of the original release there again."


def roi_beta_paths(root: Path, subject: str) -> dict[str, Path]:
    """Find the file of each region in one hemisphere, in the first folder that has any.

    Returns
    -------
    dict of str to Path
        Name of a file without ending -> its path; empty where the subject has none.
    """
    for folder in _FOLDERS:
        paths = sorted((root / folder).glob(f"{subject}{_MARK}*.npy"))
        if paths:
            return {path.stem: path for path in paths}
    return {}


def read_roi_betas(
    root: Path,
    subject: str,
    trials: SubjectTrials,
    parts: dict[str, tuple[str, ...]],
    most_unusable: float,
) -> Responses:
    """Read and average the regions wanted, a few megabytes at a time.

    Parameters
    ----------
    root : Path
    subject : str
    trials : SubjectTrials
    parts : dict of str to tuple of str
        Region -> its parts in one hemisphere.
    most_unusable : float
        Largest share of a region's voxels that may be left out.

    Raises
    ------
    DataError
        If a region is missing, or a file is damaged or has other than a row for each trial.
    """
    paths = roi_beta_paths(root, subject)
    folder = next(iter(paths.values())).parent
    names = matched_keys(f"{folder}: {subject}", paths)
    keys = [key for members in parts.values() for key in members]
    n_trials = len(trials.showings.rows)
    n_voxels = {key: _n_voxels(paths[names[key]], n_trials) for key in keys}
    averaged = Averaged(trials.showings, sum(n_voxels.values()))
    columns, first = {}, 0
    for key in keys:
        with paths[names[key]].open("rb") as stream:
            for trial, voxel, block in npy_blocks(stream):
                averaged.add(trial, first + voxel, block)
        columns[key] = np.arange(first, first + n_voxels[key], dtype=np.int64)
        first += n_voxels[key]
    where = f"{folder}: {subject}"
    return averaged.responses(
        where, join_hemispheres(columns, parts), most_unusable, trials.stimulus_rows
    )


def _n_voxels(path: Path, n_trials: int) -> int:
    """Check a file's header against its size and the trials, and return its voxels."""
    try:
        with path.open("rb") as stream:
            declared, size = npy_header(stream)
    except Exception as error:  # numpy raises many kinds for damaged headers
        raise damaged(path, "a whole .npy file", error) from error
    contents = f"kind {declared.kind} of shape {declared.shape}"
    numbers = declared.kind in "fiu" and len(declared.shape) == 2
    problems = []
    if not numbers or declared.shape[1] < 1:
        problems = [Problem(str(path), "numbers of shape (n_trials, n_voxels)", contents, _REMEDY)]
    elif declared.shape[0] != n_trials:
        expected = f"a row for each of the {n_trials} trials of the stimulus list"
        remedy = "Use the responses and the stimulus list of the same subject and release."
        problems = [Problem(str(path), expected, contents, remedy)]
    elif size != path.stat().st_size:
        finding = f"{path.stat().st_size} bytes"
        problems = [Problem(str(path), f"{size} bytes, as its header says", finding, _REMEDY)]
    refuse(problems, DataError)
    return declared.shape[1]
