"""Regions of interest as NIfTI masks, or as an atlas with a table of labels."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.formats.nifti.volumes import Volumes, open_volumes, require_same_space
from pipeline.errors import DataError, Problem, refuse
from pipeline.files.spelling import composed
from pipeline.files.tables import parse_table, separator_problem

_MOST_BYTES = 10_000_000
_MOST_TOLD = 10


@dataclass(frozen=True)
class Regions:
    """The voxels of a volume that are in at least one region, and the regions among them.

    Parameters
    ----------
    voxels : ndarray of int64, shape (n_voxels,)
        Ascending positions in a volume whose first axis runs fastest.
    columns : mapping of str to ndarray of int64
        Region -> 0-based positions in ``voxels``.
    """

    voxels: NDArray[np.int64]
    columns: Mapping[str, NDArray[np.int64]]


def regions_from(members: Mapping[str, NDArray[np.int64]]) -> Regions:
    """Count the voxels of all regions through; regions may overlap.

    Parameters
    ----------
    members : mapping of str to ndarray of int64
        Region -> positions in a volume whose first axis runs fastest.
    """
    voxels = np.unique(np.concatenate(list(members.values())))
    columns = {region: np.searchsorted(voxels, own) for region, own in members.items()}
    return Regions(voxels, columns)


def read_masks(paths: Mapping[str, Path], betas: Volumes) -> Regions:
    """Read one mask a region: one number inside, 0 outside.

    Parameters
    ----------
    paths : mapping of str to Path
        Region -> its mask.
    betas : Volumes
        The responses, whose space the masks must share.

    Raises
    ------
    DataError
        If a mask is damaged, empty, no mask, or in another space.
    """
    members = {}
    for region, path in paths.items():
        inside = _one_volume(path, betas)
        kinds = np.unique(inside)
        if len(kinds) > 2 or (len(kinds) == 2 and 0 not in kinds) or not kinds.any():
            finding = f"{len(kinds)} different values from {kinds[0]:g} to {kinds[-1]:g}"
            raise DataError(
                Problem(
                    f"{path}: region {region}",
                    "one number inside the region and 0 outside",
                    finding,
                    "Threshold the map, or give an atlas with a table of labels.",
                )
            )
        members[region] = np.flatnonzero(inside)
    return regions_from(members)


def read_atlas(path: Path, labels: Mapping[str, int], betas: Volumes) -> Regions:
    """Read an atlas: the number of its region in each voxel; numbers without a name are left out.

    Parameters
    ----------
    path : Path
    labels : mapping of str to int
        Region -> its number.
    betas : Volumes
        The responses, whose space the atlas must share.

    Raises
    ------
    DataError
        If the file is damaged, the spaces differ, or a label has no voxel.
    """
    numbers = _one_volume(path, betas)
    members = {name: np.flatnonzero(numbers == index) for name, index in labels.items()}
    empty = [f"{labels[name]} {name}" for name, own in members.items() if len(own) == 0]
    if empty:
        contents = ", ".join(f"{n:g}" for n in np.unique(numbers)[:20])
        raise DataError(
            Problem(
                str(path),
                f"voxels of {', '.join(empty[:10])} as the labels say",
                f"the values {contents}",
                "Use the table of this atlas, or leave the regions out of it.",
            )
        )
    return regions_from(members)


def _one_volume(path: Path, betas: Volumes) -> NDArray[np.floating]:
    volumes = open_volumes(path)
    require_same_space(betas, volumes)
    if volumes.n_volumes != 1:
        finding = f"{volumes.n_volumes} volumes"
        raise DataError(Problem(str(path), "one volume", finding, "Save one mask a file."))
    (values,) = volumes.read()
    if not np.isfinite(values).all():
        finding = f"{np.count_nonzero(~np.isfinite(values))} voxels NaN or infinite"
        raise DataError(
            Problem(str(path), "finite values", finding, "Write 0 outside the regions.")
        )
    return values


def read_labels(table: Path) -> dict[str, int]:
    """Read a table of labels, comma-separated, with the columns ``index`` and ``name``.

    Returns
    -------
    dict of str to int
        Region -> its number.

    Raises
    ------
    DataError
        If the table is missing, damaged, or names a number or a region twice.
    """
    remedy = "Save a table as UTF-8 with the columns index and name."
    if not table.is_file() or table.stat().st_size > _MOST_BYTES:
        finding = "a larger file" if table.is_file() else "no such file"
        expected = f"a table of labels of at most {_MOST_BYTES} bytes"
        raise DataError(Problem(str(table), expected, finding, remedy))
    try:
        parsed = parse_table(composed(table.read_bytes().decode("utf-8-sig")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(Problem(str(table), "a table in UTF-8", str(error), remedy)) from error
    separated = separator_problem(str(table), parsed.header)
    refuse([separated] if separated else (), DataError)
    rows = [dict(zip(parsed.header, row, strict=False)) for row in parsed.rows]
    refuse(_label_problems(table, rows, parsed.lines, remedy), DataError, _MOST_TOLD)
    return {row["name"].strip(): int(row["index"]) for row in rows}


def _label_problems(
    table: Path, rows: list[dict[str, str]], lines: list[int], remedy: str
) -> Iterator[Problem]:
    if not rows or not {"index", "name"} <= set(rows[0]):
        contents = ", ".join(map(str, rows[0])) if rows else "no rows"
        yield Problem(str(table), "the columns index and name, and rows", contents, remedy)
        return
    earlier: dict[str, set[str]] = {"index": set(), "name": set()}
    for number, row in zip(lines, rows, strict=True):
        index, name = row.get("index", "").strip(), row.get("name", "").strip()
        if not (re.fullmatch(r"0*[1-9][0-9]{0,8}", index) and name):
            finding = f"index {index[:40]!r}, name {name[:40]!r}"
            yield Problem(
                f"{table}, line {number}", "a whole index above 0 and a name", finding, remedy
            )
            continue
        for column, value in (("index", str(int(index))), ("name", name)):
            if value in earlier[column]:
                yield Problem(f"{table}, line {number}", f"each {column} once", value, remedy)
            earlier[column].add(value)
