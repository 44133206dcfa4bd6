"""Brain pictures: voxels that a prompt predicts better or worse than full fine-tuning does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd

from pipeline.reporting.figures.cortex import voxels_figure
from pipeline.reporting.figures.named import NamedFigure
from pipeline.reporting.methods import MINUS, in_words
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import number
from pipeline.reporting.views import slug

_INTRO = (
    "Difference of voxel r in encoding, mean over tasks and seeds. Voxels are shown that differ "
    "from 0 at a false discovery rate of 0.05, by a test that counts stimulus groups and takes "
    "both correlations for independent, which passes fewer than could. Outline and surface are "
    "those of MNI space: where coordinates are of another, the picture does not fit."
)


def _figures(voxels: pd.DataFrame) -> Iterator[NamedFigure]:
    cell = ["base", "brain", "subject", "method_a", "method_b"]
    for (base, brain, subject, a, b), rows in voxels.groupby(cell, sort=False):
        passing = rows["passing"].to_numpy(bool)
        difference = rows["difference"].to_numpy(np.float64)
        title = (
            f"{in_words(str(a))}{MINUS}{in_words(str(b))}, voxel r: {brain}, {subject}, base {base}"
        )
        counts = (
            f"{passing.sum():,} of {len(passing):,} voxels differ, "
            f"{(difference[passing] > 0).sum():,} in favour of {in_words(str(a))}; mean over all "
            f"voxels {number(difference.mean(), signed=True)}"
        )
        yield NamedFigure(
            name=slug(f"voxels {base} {brain} {subject} {a} {b}"),
            title=title,
            caption=f"{counts}.",
            alt=f"{title}. {counts}.",
            draw=partial(
                voxels_figure,
                f"{title}: {passing.sum():,} of {len(passing):,} voxels",
                rows[["x", "y", "z"]].to_numpy(np.float64),
                difference,
                passing,
                signed=True,
            ),
        )


def _content(results: StudyResults) -> Content:
    return Content(tuple(_figures(results.voxel_contrasts)), _INTRO)


SECTION = Section("Brain pictures", ("voxel_contrasts",), _content)
