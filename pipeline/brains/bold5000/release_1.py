"""BOLD5000 release 1.0: responses in regions of interest, a file per subject.

The folder is what the release unpacks to::

    ROIs/CSI{1..4}/mat/CSI{n}_ROIs_TR{1,2,3,4,5,34}.mat     or  ROIs/CSI{n}/h5/CSI{n}_ROIs_TR*.h5
    ROIs/stim_lists/CSI0{n}_stim_lists.txt
    BOLD5000_Stimuli/Scene_Stimuli/Presented_Stimuli/{COCO,ImageNet,Scene}/...

Row i of a response array is line i of the stimulus list. The order differs between subjects, so
trials are matched by image name. Images are sorted by name in the dataset.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.brains.bold5000.regions import join_hemispheres, regions_to_read
from pipeline.brains.bold5000.roi_files import roi_file
from pipeline.brains.bold5000.subjects import SubjectTrials, assemble_dataset, trial_lists
from pipeline.brains.brain import Brain
from pipeline.brains.dataset import BrainDataset
from pipeline.brains.repeats import Averaged
from pipeline.brains.responses import Responses
from pipeline.config import Bold5000RoisConfig
from pipeline.errors import DataError, Problem


def load_bold5000(config: Bold5000RoisConfig) -> BrainDataset:
    """Read BOLD5000 release 1.0.

    Repeats of an image are averaged. For the ceiling the single showings are kept of the images
    shown at least r times, with the r that keeps most showings: 4 for CSI1-3, 2 for CSI4.

    Parameters
    ----------
    config : Bold5000RoisConfig
        ``directory`` holds ``ROIs``. By default all subjects that have files are read.

    Returns
    -------
    BrainDataset
        Voxels that are constant or not finite are left out; how many is in ``source``.

    Raises
    ------
    ConfigError
        If a subject or ROI is asked for that is not there.
    DataError
        If files are missing or damaged, or do not fit together.
    """
    parts = regions_to_read(config.hemispheres, config.roi_names)
    root = Path(str(config.directory))
    lists = trial_lists(
        config,
        lambda subject: (root / "ROIs" / subject).is_dir(),
        lambda subject: root / f"ROIs/stim_lists/CSI0{subject[-1]}_stim_lists.txt",
    )

    def read(subject: str, trials: SubjectTrials) -> Responses:
        path = _roi_path(root, subject, config.tr)
        return _responses(path, trials, parts, config.max_unusable)

    source = f"BOLD5000 release 1.0, TR{config.tr}"
    return assemble_dataset("bold5000", source, lists, config, read)


def _roi_path(root: Path, subject: str, tr: str) -> Path:
    folder, stem = root / "ROIs" / subject, f"{subject}_ROIs_TR{tr}"
    paths = (folder / "mat" / f"{stem}.mat", folder / "h5" / f"{stem}.h5")
    for path in paths:
        if path.is_file():
            return path
    remedy = "Unpack the whole release, or choose another TR."
    raise DataError(Problem(f"{folder}", f"mat/{stem}.mat or h5/{stem}.h5", "neither", remedy))


def _responses(
    path: Path, trials: SubjectTrials, parts: dict[str, tuple[str, ...]], most_unusable: float
) -> Responses:
    """Read and average the regions wanted, of which only a few megabytes are held unaveraged."""
    file = roi_file(path, len(trials.showings.rows))
    keys = [key for members in parts.values() for key in members]
    averaged = Averaged(trials.showings, sum(file.n_voxels[key] for key in keys))
    columns, first = {}, 0
    for key in keys:
        for trial, voxel, block in file.blocks(key):
            averaged.add(trial, first + voxel, block)
        columns[key] = np.arange(first, first + file.n_voxels[key], dtype=np.int64)
        first += file.n_voxels[key]
    return averaged.responses(
        str(path), join_hemispheres(columns, parts), most_unusable, trials.stimulus_rows
    )


BOLD5000 = Brain(
    name="bold5000",
    modality="image",
    summary="4 real subjects saw 4,916 photographs; regions of interest of release 1.0",
    read=load_bold5000,
    settings=Bold5000RoisConfig,
    needs_directory=True,
)
