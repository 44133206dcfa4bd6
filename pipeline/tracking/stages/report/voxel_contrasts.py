"""Voxels that a prompt predicts otherwise than full fine-tuning does, where there are maps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from pipeline.alignment.voxel_tests import differing_voxels
from pipeline.brains.formats.nifti.map_files import write_voxel_map
from pipeline.reporting.views import slug
from pipeline.tracking.lineage import Link
from pipeline.tracking.registered import Registered
from pipeline.tracking.remembered import run_with
from pipeline.tracking.runs import artifact
from pipeline.tracking.stages.align.aligned import MAPS
from pipeline.tracking.stages.align.voxel_pictures import VOXELS
from pipeline.tracking.stages.report.cells import is_untuned
from pipeline.tuning.methods import METHODS

_PLACE = ["x", "y", "z"]


def voxel_contrasts(links: Sequence[Link], models: Mapping[str, Registered]) -> pd.DataFrame:
    """Compare r of voxels between tunings by a prompt and full ones, for each subject.

    Returns
    -------
    DataFrame
        base, brain, subject, method_a (a prompt), method_b ('full'), x, y, z, difference (of r, a
        mean over the tasks and seeds that both methods have) and passing: whether it differs from
        0 at the false discovery rate, see :func:`differing_voxels`. No rows without maps.
    """
    tables = list(_voxels(links, models))
    if not tables:
        return pd.DataFrame()
    voxels = pd.concat(tables, ignore_index=True)
    compared = [
        _difference(full, prompted, method)
        for _, rows in voxels.groupby(["base", "brain", "subject"], sort=False)
        for method, prompted in rows.groupby("method", sort=False)
        if METHODS[str(method)].trains_prompts_only
        and not (full := rows[rows.method == "full"]).empty
    ]
    return pd.concat(compared, ignore_index=True) if compared else pd.DataFrame()


def write_contrast_maps(voxels: pd.DataFrame, folder: Path) -> None:
    """Write the differences of each subject as .npy and NIfTI: all, and those that pass.

    Parameters
    ----------
    voxels : DataFrame
        From :func:`voxel_contrasts`.
    folder : Path
    """
    if voxels.empty:
        return
    cell = ["base", "brain", "subject", "method_a", "method_b"]
    for names, rows in voxels.groupby(cell, sort=False):
        stem, places = slug(" ".join(names)), rows[_PLACE].to_numpy()
        write_voxel_map(folder / stem, rows.difference.to_numpy()[None], places)
        of_passing = rows.difference.where(rows.passing).to_numpy()[None]
        write_voxel_map(folder / f"{stem}-passing", of_passing, places)


def _voxels(links: Sequence[Link], models: Mapping[str, Registered]) -> Iterator[pd.DataFrame]:
    for link in links:
        if run_with(link.align_run).data.params.get("maps") != "True":
            continue
        names = models[link.model].names
        if is_untuned(models[link.model]):
            continue
        for path in sorted(artifact(link.align_run, MAPS).glob(f"*/{VOXELS}")):
            yield pd.read_parquet(path).assign(brain=link.brain, **names)


def _difference(full: pd.DataFrame, prompted: pd.DataFrame, method: object) -> pd.DataFrame:
    key = ["base", "brain", "subject", "task", "seed", *_PLACE]
    pairs = prompted.merge(full, on=key, suffixes=("_a", "_b"))
    means = pairs.groupby(["base", "brain", "subject", *_PLACE], sort=False)[
        ["r_a", "r_b", "fisher_z_a", "fisher_z_b", "weight_a"]
    ].mean()
    passing = differing_voxels(
        means.fisher_z_a.to_numpy(), means.fisher_z_b.to_numpy(), float(means.weight_a.iloc[0])
    )
    table = means.assign(difference=means.r_a - means.r_b, passing=passing).reset_index()
    columns = ["base", "brain", "subject", *_PLACE, "difference", "passing"]
    return table[columns].assign(method_a=str(method), method_b="full")
