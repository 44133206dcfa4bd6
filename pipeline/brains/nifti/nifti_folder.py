"""The brain ``nifti``: a folder of volumes, masks and a table of stimuli."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.brain import Brain
from pipeline.brains.checks import require_directory
from pipeline.brains.dataset import BrainDataset
from pipeline.brains.formats.nifti.masks import Regions, read_atlas, read_labels, read_masks
from pipeline.brains.formats.nifti.volumes import (
    SURFACE_REMEDY,
    Volumes,
    open_volumes,
    require_same_space,
)
from pipeline.brains.names_to_keep import names_to_keep
from pipeline.brains.nifti.rows_table import ROWS, read_rows
from pipeline.brains.repeats import Averaged, group_showings
from pipeline.brains.responses import Responses
from pipeline.brains.stimulus_table import TABLE, StimulusTable, read_stimuli
from pipeline.brains.unusable_voxels import unusable_voxels_text
from pipeline.config import NiftiConfig
from pipeline.config.stage import user_path
from pipeline.errors import DataError, Problem, refuse
from pipeline.files.folders import is_left_behind
from pipeline.files.order import natural_key, order_problems
from pipeline.files.spelling import composed

_ENDINGS = (".nii.gz", ".nii")
_SURFACES = (".gii", ".gii.gz")
_LABELS = "labels.csv"
_MOST_SAID = 3
_REMEDY = "Lay the folder out as the description of the brain nifti says."


def load_nifti(config: NiftiConfig) -> BrainDataset:
    """Read a folder as the package describes it.

    Returns
    -------
    BrainDataset
        With coordinates in millimetres. Repeats are averaged; the single showings are kept of the
        stimuli shown at least r times, with the r that keeps most showings. Voxels that are
        constant or not finite are left out; how many is in ``source``.

    Raises
    ------
    DataError
        If files are missing or damaged, or do not fit together.
    ConfigError
        If a subject or ROI is asked for that is not there.
    """
    directory = require_directory("nifti", config.directory, _REMEDY)
    visible = (path for path in directory.iterdir() if not is_left_behind(PurePath(path.name)))
    listed = sorted(visible, key=lambda path: natural_key(path.name))
    folders = {composed(f.name): f for f in listed if _beta_paths(f)}
    if not folders:
        finding = "no folder that holds betas.nii.gz or betas/*.nii.gz"
        surfaces = next((p for p in directory.rglob("*") if p.name.endswith(_SURFACES)), None)
        if surfaces is not None:
            finding = f"{surfaces.name}, which is GIFTI: vertices of a surface, not voxels"
        remedy = _REMEDY if surfaces is None else SURFACE_REMEDY
        raise DataError(Problem(str(directory), "a folder for each subject", finding, remedy))
    selection = names_to_keep("subjects", str(directory), config.subject_names, folders)
    table = read_stimuli(directory)
    subjects = {name: _subject(directory, folders[name], table, config) for name in selection}
    return BrainDataset(
        name="nifti",
        stimuli=table.stimuli,
        subjects=subjects,
        source=f"NIfTI files of {', '.join(selection)}; "
        f"{_order_said({name: _beta_paths(folders[name]) for name in selection})}"
        f"{unusable_voxels_text(subjects)}",
    )


def _subject(directory: Path, folder: Path, table: StimulusTable, config: NiftiConfig) -> Responses:
    betas = [open_volumes(path) for path in _beta_paths(folder)]
    for other in betas[1:]:
        require_same_space(betas[0], other)
    rows = read_rows(folder / ROWS, len(table.row_stimulus))
    stimulus = table.row_stimulus if rows is None else table.row_stimulus[rows]
    listed = TABLE if rows is None else f"{folder.name}/{ROWS}"
    refuse(_count_problems(folder, betas, stimulus, listed), DataError)
    repeated_rows = np.unique(stimulus)
    regions = _regions(directory, folder, betas[0], config)
    averaged = Averaged(
        group_showings(stimulus.tolist(), repeated_rows.tolist()), len(regions.voxels)
    )
    trial = 0
    for volumes in betas:
        for response in volumes.read(regions.voxels):
            averaged.add(trial, 0, response[np.newaxis])
            trial += 1
    return averaged.responses(
        str(folder),
        regions.columns,
        config.max_unusable,
        None if len(repeated_rows) == len(table.stimuli) else repeated_rows,
        betas[0].space.coordinates(regions.voxels),
    )


def _count_problems(
    folder: Path, betas: Sequence[Volumes], stimulus: NDArray[np.int64], listed: str
) -> Iterator[Problem]:
    many = next((b for b in betas if b.n_volumes > 1), None) if len(betas) > 1 else None
    if many is not None:
        finding = f"{many.n_volumes} volumes"
        yield Problem(str(many.path), "one volume in each file of a list", finding, _REMEDY)
    n_volumes = sum(volumes.n_volumes for volumes in betas)
    if n_volumes != len(stimulus):
        yield Problem(
            f"{folder}: betas",
            f"a volume for each of the {len(stimulus)} rows of {listed}",
            f"{n_volumes} volumes",
            "Give every presentation its row, in the order of the volumes.",
        )


def _beta_paths(folder: Path) -> list[Path]:
    """List the files of a subject's responses: one, or a folder of many; none for no subject."""
    single = _nifti_at(folder, "betas")
    listed = _nifti_in(folder / "betas")
    if single and listed:
        finding = f"{single.name} and the folder betas"
        raise DataError(Problem(str(folder), "one form of betas", finding, "Take one away."))
    refuse(order_problems(str(folder / "betas"), listed), DataError)
    return [single] if single else list(listed.values())


def _order_said(paths: Mapping[str, Sequence[Path]]) -> str:
    """Say in which order files of single trials are read, for the source of a dataset."""
    orders = [
        f"{subject}: {_stem(files[0])}, {_stem(files[1])} … {_stem(files[-1])}"
        if len(files) > 2
        else f"{subject}: {', '.join(map(_stem, files))}"
        for subject, files in paths.items()
        if len(files) > 1
    ]
    more = f" and {len(orders) - _MOST_SAID} more" if len(orders) > _MOST_SAID else ""
    return f"files in the order {'; '.join(orders[:_MOST_SAID])}{more}; " if orders else ""


def _stem(path: Path) -> str:
    return composed(path.name.removesuffix(".gz").removesuffix(".nii"))


def _regions(directory: Path, folder: Path, betas: Volumes, config: NiftiConfig) -> Regions:
    named, labels = user_path(config.atlas), user_path(config.labels)
    if named:
        return read_atlas(named, _kept_labels(labels or named.parent / _LABELS, config), betas)
    for place in (folder, directory):
        masks, atlas = _nifti_in(place / "masks"), _nifti_at(place, "atlas")
        if masks and atlas:
            finding = f"the folder masks and {atlas.name}"
            raise DataError(Problem(str(place), "masks or an atlas", finding, "Take one away."))
        if masks:
            mask_names = names_to_keep("rois", str(place / "masks"), config.roi_names, masks)
            return read_masks({roi: masks[roi] for roi in mask_names}, betas)
        if atlas:
            return read_atlas(atlas, _kept_labels(labels or place / _LABELS, config), betas)
    expected = "masks/<ROI>.nii.gz, or atlas.nii.gz with labels.csv"
    raise DataError(Problem(str(folder), expected, "neither, nor in the folder above", _REMEDY))


def _kept_labels(path: Path, config: NiftiConfig) -> dict[str, int]:
    labels = read_labels(path)
    return {roi: labels[roi] for roi in names_to_keep("rois", str(path), config.roi_names, labels)}


def _nifti_at(folder: Path, stem: str) -> Path | None:
    there = (folder / f"{stem}{ending}" for ending in _ENDINGS)
    return next((path for path in there if path.is_file()), None)


def _nifti_in(folder: Path) -> dict[str, Path]:
    """Name without ending -> path, in the order of the names; nothing if there is no folder."""
    if not folder.is_dir():
        return {}
    files = sorted(
        (path for path in folder.iterdir() if path.name.endswith(_ENDINGS)),
        key=lambda path: natural_key(path.name),
    )
    files = [path for path in files if not is_left_behind(PurePath(path.name))]
    named: dict[str, Path] = {}
    for path in files:
        stem = _stem(path)
        if stem in named:
            finding = f"{named[stem].name} and {path.name}"
            raise DataError(Problem(str(folder), f"{stem} once", finding, "Take one away."))
        named[stem] = path
    return named


NIFTI = Brain(
    name="nifti",
    modality="either",
    summary="your own responses as NIfTI volumes with masks or an atlas, and stimuli.csv",
    read=load_nifti,
    settings=NiftiConfig,
    needs_directory=True,
)
