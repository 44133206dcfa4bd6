"""Names of subjects and ROIs to keep, and ROIs that are too small to be aligned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pipeline.brains.dataset import BrainDataset
from pipeline.errors import ConfigError, Problem, nearest, refuse
from pipeline.files.spelling import composed


def names_to_keep(
    setting: str, where: str, wanted: Sequence[str], present: Iterable[str]
) -> tuple[str, ...]:
    """Keep the wanted names, in the order in which they are there.

    Parameters
    ----------
    setting : 'subjects' or 'rois'
    where : str
        File or folder, for the messages.
    wanted : sequence of str
        Empty: all.
    present : iterable of str

    Raises
    ------
    ConfigError
        All names at once that are not there.
    """
    known = tuple(present)
    spellings = {composed(name) for name in known}
    keys = {composed(name) for name in wanted} or spellings
    refuse(
        (
            Problem(f"{setting}: {name}", f"one of those in {where}", "none", nearest(name, known))
            for name in wanted
            if composed(name) not in spellings
        ),
        ConfigError,
    )
    return tuple(name for name in known if composed(name) in keys)


def lone_voxel_problems(dataset: BrainDataset) -> Iterator[Problem]:
    """Name all ROIs of a single voxel, and what is left without them.

    2v2 compares patterns over voxels, and one number is none: it has no correlation, and of its
    cosine no more than the sign is left.
    """
    lone = {
        subject: [roi for roi, columns in responses.rois.items() if len(columns) == 1]
        for subject, responses in dataset.subjects.items()
    }
    found = [f"{subject}: {', '.join(rois)}" for subject, rois in lone.items() if rois]
    if not found:
        return
    kept = [roi for roi in dataset.rois if not any(roi in rois for rois in lone.values())]
    whole = [subject for subject, rois in lone.items() if not rois]
    ways = [f"rois={','.join(kept)} keeps the other ROIs"] if kept else []
    ways += [f"subjects={','.join(whole)} keeps the other subjects"] if whole else []
    remedy = f"Leave them out with prepare, and align with its copy: {', or '.join(ways)}."
    yield Problem(
        f"{dataset.name}: ROIs",
        "at least 2 voxels in every ROI, whose patterns are compared",
        f"one in {'; '.join(found)}",
        remedy if ways else "Join them to larger ROIs.",
    )
