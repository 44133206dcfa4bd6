"""The brain ``arrays``: a folder of anybody's arrays, one file a subject."""

from __future__ import annotations

from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.arrays.checks import array_problems
from pipeline.brains.arrays.files import READERS, ArrayFile, read_arrays
from pipeline.brains.arrays.streams import response_blocks
from pipeline.brains.brain import Brain
from pipeline.brains.checks import require_directory
from pipeline.brains.dataset import BrainDataset
from pipeline.brains.formats.limits import damaged
from pipeline.brains.names_to_keep import names_to_keep
from pipeline.brains.repeats import Averaged, group_showings
from pipeline.brains.responses import Responses
from pipeline.brains.stimulus_table import TABLE, StimulusTable, read_stimuli
from pipeline.brains.unusable_voxels import unusable_voxels_text
from pipeline.config import SelectedBrainConfig
from pipeline.errors import DataError, Problem, refuse
from pipeline.files.folders import is_left_behind
from pipeline.files.order import natural_key
from pipeline.files.spelling import composed, look_alike


def load_arrays(config: SelectedBrainConfig) -> BrainDataset:
    """Read a folder of stimuli.csv and one file of arrays for each subject.

    Parameters
    ----------
    config : SelectedBrainConfig
        ``directory`` holds the files that the package describes; others in it are left alone.

    Returns
    -------
    BrainDataset
        Subjects in the order of their names. Responses are averaged as they are read: only a few
        megabytes of the file lie in memory beside the averages and the repeats kept.

    Raises
    ------
    DataError
        If a file is missing, damaged, or does not match the others.
    ConfigError
        If a subject or ROI is asked for that is not there.
    """
    folder = require_directory("arrays", config.directory, f"Point to the folder with {TABLE}.")
    table = read_stimuli(folder)
    paths = {path.stem: path for path in _subject_files(folder)}
    selection = names_to_keep("subjects", str(folder), config.subject_names, paths)
    subjects, passed_over = {}, []
    for name in selection:
        file = read_arrays(paths[name])
        subjects[name] = _subject(file, table, config)
        if file.left_out:
            passed_over.append(f"{file.path.name}: {', '.join(file.left_out)}")
    without = f"; without what holds no numbers ({'; '.join(passed_over)})" if passed_over else ""
    return BrainDataset(
        name="arrays",
        stimuli=table.stimuli,
        subjects=subjects,
        source=f"arrays of the folder '{folder.resolve().name}', {len(table.row_stimulus)} rows; "
        f"{unusable_voxels_text(subjects)}{without}",
    )


def _subject_files(folder: Path) -> list[Path]:
    candidates = (path for path in folder.iterdir() if path.suffix in READERS)
    visible = (path for path in candidates if not is_left_behind(PurePath(path.name)))
    paths = sorted(visible, key=lambda path: natural_key(path.name))
    stems = [path.stem for path in paths]
    if not paths:
        expected = f"a file for each subject ({', '.join(READERS)})"
        remedy = "Put them beside stimuli.csv; README says where the format is described."
        raise DataError(Problem(str(folder), expected, "none", remedy))
    for stem in stems:
        if stems.count(stem) > 1:
            raise damaged(folder, "one file for each subject", f"{stems.count(stem)} of '{stem}'")
    return paths


def _subject(file: ArrayFile, table: StimulusTable, config: SelectedBrainConfig) -> Responses:
    path = file.path
    refuse(array_problems(file, len(table.row_stimulus)), DataError)
    rois = _rois(file, config)
    voxels = np.unique(np.concatenate(list(rois.values())))
    rows = file.others.get("rows", np.arange(len(table.row_stimulus))).astype(np.int64)
    stimulus = table.row_stimulus[rows]
    repeated_rows = np.unique(stimulus)
    averaged = Averaged(group_showings(stimulus.tolist(), repeated_rows.tolist()), len(voxels))
    for first_row, first_voxel, block in response_blocks(path):
        begin, end = np.searchsorted(voxels, (first_voxel, first_voxel + block.shape[1]))
        selection = voxels[begin:end] - first_voxel
        averaged.add(
            first_row,
            int(begin),
            block if len(selection) == block.shape[1] else block[:, selection],
        )
    coordinates = file.others.get("coordinates")
    return averaged.responses(
        str(path),
        {roi: np.searchsorted(voxels, columns) for roi, columns in rois.items()},
        config.max_unusable,
        None if len(repeated_rows) == len(table.stimuli) else repeated_rows,
        None if coordinates is None else coordinates[voxels].astype(np.float32),
    )


def _rois(file: ArrayFile, config: SelectedBrainConfig) -> dict[str, NDArray[np.int64]]:
    """Give the columns of each region, under one spelling of its name in all subjects' files."""
    there = [name.removeprefix("roi/") for name in file.others if name.startswith("roi/")]
    refuse(look_alike(f"{file.path}: roi/<name>", there), DataError)
    selection = names_to_keep("rois", str(file.path), config.roi_names, there)
    return {composed(roi): _columns(file.others[f"roi/{roi}"]) for roi in selection}


def _columns(numbers: NDArray[np.generic]) -> NDArray[np.int64]:
    return np.flatnonzero(numbers) if numbers.dtype.kind == "b" else numbers.astype(np.int64)


ARRAYS = Brain(
    name="arrays",
    modality="either",
    summary="your own data: a folder of stimuli.csv and one file of arrays for each subject",
    read=load_arrays,
    settings=SelectedBrainConfig,
    needs_directory=True,
)
