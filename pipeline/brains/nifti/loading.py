"""Read a folder of the brain ``nifti``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from pipeline.brains.arrays.stimuli import StimulusTable, read_stimuli
from pipeline.brains.brain import Brain, BrainRequest
from pipeline.brains.dataset import BrainDataset
from pipeline.brains.nifti.masks import Regions, read_atlas, read_masks
from pipeline.brains.nifti.volumes import Volumes, open_volumes, require_same_space
from pipeline.brains.responses import Responses
from pipeline.brains.showings import Averaged, Showings, showings_of
from pipeline.errors import DataError, Problem, refuse

_ENDINGS = (".nii.gz", ".nii")
_REMEDY = "Lay the folder out as the description of the brain nifti says."


def load_nifti(directory: Path | None) -> BrainDataset:
    """Read a folder as the package describes it.

    Parameters
    ----------
    directory : Path

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
    """
    if directory is None or not directory.is_dir():
        found = "none given" if directory is None else f"no such folder: {directory}"
        raise DataError(Problem("nifti: directory", "a folder", found, _REMEDY))
    folders = [folder for folder in sorted(directory.iterdir()) if _beta_paths(folder)]
    if not folders:
        found = "no folder that holds betas.nii.gz or betas/*.nii.gz"
        raise DataError(Problem(str(directory), "a folder for each subject", found, _REMEDY))
    table = read_stimuli(directory)
    read = {folder.name: _subject(directory, folder, table) for folder in folders}
    n_dropped = sum(dropped for _, dropped in read.values())
    return BrainDataset(
        name="nifti",
        stimuli=table.stimuli,
        subjects={subject: responses for subject, (responses, _) in read.items()},
        source=f"NIfTI files of {', '.join(read)}; {n_dropped} unusable voxels left out",
    )


def _subject(directory: Path, folder: Path, table: StimulusTable) -> tuple[Responses, int]:
    betas = [open_volumes(path) for path in _beta_paths(folder)]
    for other in betas[1:]:
        require_same_space(betas[0], other)
    showings = _showings(table)
    refuse(_count_problems(folder, betas, len(showings.rows)), DataError)
    regions = _regions(directory, folder, betas[0])
    averaged = Averaged(showings, len(regions.voxels))
    trial = 0
    for volumes in betas:
        for response in volumes.read(regions.voxels):
            averaged.add(trial, 0, response[np.newaxis])
            trial += 1
    places = betas[0].space.coordinates(regions.voxels)
    return averaged.responses(str(folder), regions.columns, coordinates=places)


def _showings(table: StimulusTable) -> Showings:
    order = (str(stimulus) for stimulus in range(len(table.stimuli)))
    return showings_of([str(stimulus) for stimulus in table.row_stimulus], order)


def _count_problems(folder: Path, betas: Sequence[Volumes], n_rows: int) -> Iterator[Problem]:
    many = next((b for b in betas if b.n_volumes > 1), None) if len(betas) > 1 else None
    if many is not None:
        found = f"{many.n_volumes} volumes"
        yield Problem(str(many.path), "one volume in each file of a list", found, _REMEDY)
    n_volumes = sum(volumes.n_volumes for volumes in betas)
    if n_volumes != n_rows:
        yield Problem(
            f"{folder}: betas",
            f"a volume for each of the {n_rows} rows of stimuli.csv",
            f"{n_volumes} volumes",
            "Give every presentation its row, in the order of the volumes.",
        )


def _beta_paths(folder: Path) -> list[Path]:
    """List the files of a subject's responses: one, or a folder of many; none for no subject."""
    single = _nifti_at(folder, "betas")
    listed = _nifti_in(folder / "betas")
    if single and listed:
        found = f"{single.name} and the folder betas"
        raise DataError(Problem(str(folder), "one form of betas", found, "Take one away."))
    return [single] if single else list(listed.values())


def _regions(directory: Path, folder: Path, betas: Volumes) -> Regions:
    for place in (folder, directory):
        masks, atlas = _nifti_in(place / "masks"), _nifti_at(place, "atlas")
        if masks and atlas:
            found = f"the folder masks and {atlas.name}"
            raise DataError(Problem(str(place), "masks or an atlas", found, "Take one away."))
        if masks:
            return read_masks(masks, betas)
        if atlas:
            return read_atlas(atlas, place / "labels.csv", betas)
    expected = "masks/<ROI>.nii.gz, or atlas.nii.gz with labels.csv"
    raise DataError(Problem(str(folder), expected, "neither, nor in the folder above", _REMEDY))


def _nifti_at(folder: Path, stem: str) -> Path | None:
    there = (folder / f"{stem}{ending}" for ending in _ENDINGS)
    return next((path for path in there if path.is_file()), None)


def _nifti_in(folder: Path) -> dict[str, Path]:
    """Name without ending -> path, in the order of the names; nothing if there is no folder."""
    if not folder.is_dir():
        return {}
    files = sorted(path for path in folder.iterdir() if path.name.endswith(_ENDINGS))
    named: dict[str, Path] = {}
    for path in files:
        stem = path.name.removesuffix(".gz").removesuffix(".nii")
        if stem in named:
            found = f"{named[stem].name} and {path.name}"
            raise DataError(Problem(str(folder), f"{stem} once", found, "Take one away."))
        named[stem] = path
    return named


def _load(request: BrainRequest) -> BrainDataset:
    return load_nifti(request.directory)


NIFTI = Brain(
    name="nifti",
    modality="either",
    summary="your own responses as NIfTI volumes with masks or an atlas, and stimuli.csv",
    load=_load,
    needs_directory=True,
)
