"""BOLD5000 release 2.0: whole-brain responses, a NIfTI file for each session.

The folder::

    CSI{n}_GLMbetas-TYPED-FITHRF-GLMDENOISE-RR_ses-XX.nii.gz      or the same in CSI{n}/
    masks/CSI{n}/*.nii.gz       a mask for each region and hemisphere, such as LHPPA.nii.gz or,
                                as the masks are published, sub-CSI1_mask-LHPPA.nii.gz
    CSI{n}_imgnames.txt         or ROIs/stim_lists/CSI0{n}_stim_lists.txt of release 1.0
    BOLD5000_Stimuli/Scene_Stimuli/Presented_Stimuli/{COCO,ImageNet,Scene}/...

or instead of volumes and masks an array for each region, see ``roi_betas``.

Volumes of all sessions, in order, are the lines of the stimulus list. Each voxel is z-scored
within each session, as the release recommends, unless the setting zscore says none. One session
of the voxels wanted is held at a time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.bold5000.regions import join_hemispheres, matched_keys, regions_to_read
from pipeline.brains.bold5000.roi_betas import read_roi_betas, roi_beta_paths
from pipeline.brains.bold5000.subjects import SubjectTrials, assemble_dataset, trial_lists
from pipeline.brains.brain import Brain
from pipeline.brains.dataset import BrainDataset
from pipeline.brains.formats.nifti.masks import read_masks
from pipeline.brains.formats.nifti.volumes import Volumes, open_volumes, require_same_space
from pipeline.brains.repeats import Averaged
from pipeline.brains.responses import Responses
from pipeline.config import Bold5000BetasConfig
from pipeline.errors import DataError, Problem

_NAME = "GLMbetas-TYPED-FITHRF-GLMDENOISE-RR"
_REMEDY = "Download every session of the subject again."


def load_bold5000_betas(config: Bold5000BetasConfig) -> BrainDataset:
    """Read BOLD5000 release 2.0; repeats as in :func:`load_bold5000`.

    Returns
    -------
    BrainDataset
        With coordinates in millimetres. Voxels that are not finite or constant, within a session
        where they are z-scored, are left out; how many is in ``source``.

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
        lambda subject: bool(_numbered(root, subject) or roi_beta_paths(root, subject)),
        lambda subject: _list_path(root, subject),
    )
    in_arrays = {subject for subject in lists if not _numbered(root, subject)}
    scored = config.zscore == "session"

    def read(subject: str, trials: SubjectTrials) -> Responses:
        if subject in in_arrays:
            return read_roi_betas(root, subject, trials, parts, config.max_unusable)
        sessions = _sessions(root, subject, len(trials.showings.rows))
        masks = _mask_paths(root, subject)
        averaged, columns, places = _averaged(sessions, masks, trials, parts, scored)
        where, rois = str(sessions[0].path), join_hemispheres(columns, parts)
        return averaged.responses(where, rois, config.max_unusable, trials.stimulus_rows, places)

    remark = "z-scored within sessions" if scored and in_arrays != set(lists) else "not z-scored"
    if in_arrays:
        remark += (
            f"; of {', '.join(sorted(in_arrays))} arrays of regions, which tell no sessions apart"
        )
    return assemble_dataset("bold5000-2.0", f"BOLD5000 release 2.0, {remark}", lists, config, read)


def _numbered(root: Path, subject: str) -> dict[int, Path]:
    """Session number -> file of a subject, in order."""
    pattern = re.compile(rf"{subject}_{_NAME}_ses-(\d+)\.nii(\.gz)?")
    numbered: dict[int, Path] = {}
    for folder in (root, root / subject):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            match = pattern.fullmatch(path.name)
            if match is None:
                continue
            twin = numbered.setdefault(int(match[1]), path)
            if twin != path:
                expected, finding = f"session {int(match[1])} once", f"{twin} and {path}"
                raise DataError(Problem(f"{root}: {subject}", expected, finding, "Take one away."))
    return dict(sorted(numbered.items()))


def _list_path(root: Path, subject: str) -> Path:
    """Find the list of a subject's trials in the places where releases and copies have it."""
    folders = [root, *{path.parent: None for path in roi_beta_paths(root, subject).values()}]
    folders += [folder.parent for folder in folders]
    names = (
        f"{subject}_imgnames.txt",
        f"sub-{subject}_imgnames.txt",
        f"Stimuli_Presentation_Lists/{subject}/{subject}_imgnames.txt",
        f"ROIs/stim_lists/CSI0{subject[-1]}_stim_lists.txt",
    )
    places = [folder / name for folder in folders for name in names]
    return next((path for path in places if path.is_file()), root / names[-1])


def _sessions(root: Path, subject: str, n_trials: int) -> list[Volumes]:
    paths = _numbered(root, subject)
    if list(paths) != list(range(1, len(paths) + 1)):
        contents = ", ".join(map(str, paths))
        raise DataError(
            Problem(f"{root}: {subject}", f"sessions 1 to {max(paths)}", contents, _REMEDY)
        )
    sessions = [open_volumes(path) for path in paths.values()]
    for other in sessions[1:]:
        require_same_space(sessions[0], other)
    n_volumes = sum(session.n_volumes for session in sessions)
    if n_volumes != n_trials:
        expected = f"a volume for each of the {n_trials} trials of the stimulus list"
        finding = f"{n_volumes} volumes in {len(sessions)} sessions"
        raise DataError(Problem(f"{root}: {subject}", expected, finding, _REMEDY))
    return sessions


def _mask_paths(root: Path, subject: str) -> dict[str, Path]:
    """Region in one hemisphere -> its mask."""
    folder = root / "masks" / subject
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    stems = {p.name.removesuffix(".gz").removesuffix(".nii"): p for p in files if ".nii" in p.name}
    return {key: stems[name] for key, name in matched_keys(str(folder), stems).items()}


def _averaged(
    sessions: Sequence[Volumes],
    masks: dict[str, Path],
    trials: SubjectTrials,
    parts: dict[str, tuple[str, ...]],
    scored: bool,
) -> tuple[Averaged, dict[str, NDArray[np.int64]], NDArray[np.float32]]:
    """Read all sessions; give the columns of each region in one hemisphere, and their places."""
    keys = [key for members in parts.values() for key in members]
    regions = read_masks({key: masks[key] for key in keys}, sessions[0])
    averaged = Averaged(trials.showings, len(regions.voxels))
    first = 0
    for session in sessions:
        averaged.add(first, 0, _read_session(session, regions.voxels, scored))
        first += session.n_volumes
    return averaged, dict(regions.columns), sessions[0].space.coordinates(regions.voxels)


def _read_session(session: Volumes, voxels: NDArray[np.int64], scored: bool) -> NDArray[np.float32]:
    """Read one session, shape (n_volumes, n_voxels), and z-score each voxel in it if asked."""
    block = np.empty((session.n_volumes, len(voxels)), dtype=np.float32)
    with np.errstate(all="ignore"):  # constant and infinite voxels become NaN and are left out
        for volume, values in enumerate(session.read(voxels)):
            block[volume] = values
        if not scored:
            return block
        constant = np.ptp(block, axis=0) == 0
        block -= block.mean(axis=0, dtype=np.float64)
        spread = np.sqrt(np.einsum("ij,ij->j", block, block, dtype=np.float64) / len(block))
        block /= np.where(constant, np.nan, spread)
    return block


BOLD5000_BETAS = Brain(
    name="bold5000-2.0",
    modality="image",
    summary="4 real subjects saw 4,916 photographs; whole-brain betas of release 2.0 in masks",
    read=load_bold5000_betas,
    settings=Bold5000BetasConfig,
    needs_directory=True,
)
