"""Null scores of a whole brain dataset, and maps of voxels at the layers and alphas chosen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from pipeline.alignment.dataset.finished_units import compute_unfinished
from pipeline.alignment.dataset.plan import Part, Plan
from pipeline.alignment.dataset.subject_rois import Arrays, permute_rois
from pipeline.alignment.dataset.units import Unit
from pipeline.alignment.fits import chosen_maps
from pipeline.alignment.folds import nested_folds
from pipeline.brains.formats.nifti.map_files import write_voxel_map
from pipeline.config import ComputeConfig


def compute_nulls(
    plan: Plan, features: Arrays, n_permutations: int, folder: Path, compute: ComputeConfig
) -> pd.DataFrame:
    """Score every subject, direction and ROI with stimuli exchanged, in the first repeat.

    Parameters
    ----------
    plan : Plan
    features : mapping of layer to ndarray, shape (n_stimuli, n_features)
    n_permutations : int
    folder : Path
        Where finished units are kept until all are.
    compute : ComputeConfig

    Returns
    -------
    DataFrame
        subject, direction, roi, permutation (0: the stimuli as they were), two_vs_two (float32).
    """
    parts = list(first_parts(plan))
    units = [
        Unit(
            f"{part.subject}, permutations: {', '.join(part.some.rois)}",
            permute_rois,
            (part.some, features, part.settings, n_permutations),
            part.flops(features, n_permutations),
        )
        for part in parts
    ]
    tables = compute_unfinished(units, folder, compute)
    named = [
        pd.DataFrame({"subject": part.subject, **table}, index=table.index)
        for part, table in zip(parts, tables, strict=True)
    ]
    return pd.concat(named, ignore_index=True)


def write_maps(plan: Plan, features: Arrays, fits: pd.DataFrame, folder: Path) -> None:
    """Write r and R² of every voxel of every subject and ROI, and a line of means for each.

    Parameters
    ----------
    plan : Plan
    features : mapping of layer to ndarray, shape (n_stimuli, n_features)
    fits : DataFrame
        Of the model: ``fit_scores`` of :class:`pipeline.alignment.dataset.plan.Computed`, which
        name the layer and alpha that encoding chose.
    folder : Path
        Gains ``<subject>/<roi>_r.npy`` and ``_r2.npy``, shape (n_folds, n_voxels), each with a
        ``.nii.gz`` where coordinates are known, and ``maps.csv``.
    """
    lines = []
    for part in first_parts(plan):
        folds = [fold.outer for fold in nested_folds(part.some.groups, part.settings)]
        places = plan.brain.subjects[part.subject].coordinates
        own = (fits.subject == part.subject) & (fits.split == part.settings.split)
        chosen = fits[own & (fits.repeat == part.repeat)]
        for roi, columns in part.some.rois.items():
            rows = chosen[chosen.roi == roi]
            voxels = part.some.responses()[roi]
            maps = chosen_maps(part.some.cut(features), voxels, rows, folds, part.settings.width)
            where = None if places is None else places[columns]
            write_voxel_map(map_file(folder, part.subject, f"{roi}_r"), maps.r, where)
            write_voxel_map(map_file(folder, part.subject, f"{roi}_r2"), maps.r2, where)
            means = {"r": maps.mean_r.mean(), "r2": maps.mean_r2.mean()}
            lines.append({"subject": part.subject, "roi": roi, "voxels": len(columns), **means})
    pd.DataFrame(lines).to_csv(folder / "maps.csv", index=False)


def first_parts(plan: Plan) -> Iterator[Part]:
    """Pass over what is only there for comparison, and over further repeats."""
    return (p for p in plan.parts() if p.repeat == 0 and p.settings.split == plan.splits[0].split)


def map_file(folder: Path, subject: str, name: str) -> Path:
    """Give the path, without suffix, of a map of a subject."""
    return folder / _file_name(subject) / _file_name(name)


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name)
