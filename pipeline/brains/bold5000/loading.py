"""BOLD5000 release 1.0: responses in regions of interest, a file per subject.

The folder is what the release unpacks to::

    ROIs/CSI{1..4}/mat/CSI{n}_ROIs_TR{1,2,3,4,5,34}.mat     or  ROIs/CSI{n}/h5/CSI{n}_ROIs_TR*.h5
    ROIs/stim_lists/CSI0{n}_stim_lists.txt
    BOLD5000_Stimuli/Scene_Stimuli/Presented_Stimuli/{COCO,ImageNet,Scene}/...

Row i of a response array is line i of the stimulus list. The order differs between subjects, so
trials are matched by image name. Images are sorted by name in the dataset.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.brains.bold5000.images import STIMULUS_TREE, Groups
from pipeline.brains.bold5000.regions import KEYS, Hemispheres, regions_of
from pipeline.brains.bold5000.roi_files import roi_file
from pipeline.brains.bold5000.stimulus_lists import read_stimulus_list
from pipeline.brains.bold5000.subjects import Pictures, Trials, assembled, wanted_subjects
from pipeline.brains.brain import Brain, BrainRequest
from pipeline.brains.dataset import BrainDataset
from pipeline.brains.responses import Responses
from pipeline.brains.showings import Averaged
from pipeline.errors import ConfigError, DataError, Problem, nearest

TRS = ("1", "2", "3", "4", "5", "34")


def load_bold5000(
    directory: Path | None,
    tr: str = "34",
    hemispheres: Hemispheres = "joined",
    subjects: Sequence[str] | None = None,
    images: Path | None = None,
    image_size: int = 224,
    groups: Groups = "image",
) -> BrainDataset:
    """Read BOLD5000 release 1.0.

    Repeats of an image are averaged. For the ceiling the single showings are kept of the images
    shown at least r times, with the r that keeps most showings: 4 for CSI1-3, 2 for CSI4.

    Parameters
    ----------
    directory : Path
        The folder that holds ``ROIs``.
    tr : str
        Which volumes after the onset, 2 s each: 1 to 5, or 34 for the mean of 3 and 4.
    hemispheres : 'joined' or 'apart'
        ROIs ``LOC`` and so on, or ``LHLOC`` and ``RHLOC``.
    subjects : sequence of str, optional
        Of CSI1 to CSI4; by default all that have files.
    images : Path, optional
        The folder that holds ``COCO``, ``ImageNet`` and ``Scene``; by default the stimulus tree
        in ``directory``.
    image_size : int
        Height and width of the stimuli: 4,916 of 224 pixels take 740 MB.
    groups : 'image' or 'source'
        Stimulus groups: image identity, or COCO, ImageNet and Scene.

    Returns
    -------
    BrainDataset
        Voxels that are constant or not finite are left out; how many is in ``source``.

    Raises
    ------
    ConfigError
        If an argument names something that does not exist.
    DataError
        If files are missing or damaged, or do not fit together.
    """
    if tr not in TRS:
        raise ConfigError(Problem("tr", "1 to 5 or 34", repr(tr), nearest(str(tr), TRS)))
    regions_of({key: np.array([], dtype=np.int64) for key in KEYS}, hemispheres)  # known word?
    asked = wanted_subjects(
        directory, subjects, lambda s: (Path(str(directory)) / "ROIs" / s).is_dir()
    )
    root = Path(str(directory))
    lists = {
        subject: read_stimulus_list(root / f"ROIs/stim_lists/CSI0{subject[-1]}_stim_lists.txt")
        for subject in asked
    }

    def read(subject: str, trials: Trials) -> tuple[Responses, int]:
        return _responses(_roi_path(root, subject, tr), trials, hemispheres)

    pictures = Pictures(images or root / STIMULUS_TREE, image_size, groups)
    return assembled("bold5000", f"BOLD5000 release 1.0, TR{tr}", lists, pictures, read)


def _roi_path(root: Path, subject: str, tr: str) -> Path:
    folder, stem = root / "ROIs" / subject, f"{subject}_ROIs_TR{tr}"
    paths = (folder / "mat" / f"{stem}.mat", folder / "h5" / f"{stem}.h5")
    for path in paths:
        if path.is_file():
            return path
    remedy = "Unpack the whole release, or choose another TR."
    raise DataError(Problem(f"{folder}", f"mat/{stem}.mat or h5/{stem}.h5", "neither", remedy))


def _responses(path: Path, trials: Trials, hemispheres: Hemispheres) -> tuple[Responses, int]:
    """Read and average one region after another, so that only one is held unaveraged."""
    file = roi_file(path, len(trials.showings.rows))
    averaged = Averaged(trials.showings, sum(file.n_voxels.values()))
    columns, first = {}, 0
    for key in KEYS:
        averaged.add(0, first, file.read(key))
        columns[key] = np.arange(first, first + file.n_voxels[key], dtype=np.int64)
        first += file.n_voxels[key]
    return averaged.responses(str(path), regions_of(columns, hemispheres), trials.shown)


def _load(request: BrainRequest) -> BrainDataset:
    return load_bold5000(request.directory)


BOLD5000 = Brain(
    name="bold5000",
    modality="image",
    summary="4 real subjects saw 4,916 photographs; regions of interest of release 1.0, TR34",
    load=_load,
    needs_directory=True,
)
