"""Tables of scores as runs keep them: CSV that is read back as it was written."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pipeline.alignment.scores import FIT_SCORES

#: A subject '01' is no number, and an ROI 'NA' is not missing.
NAMES = ("subject", "roi", "layer", "split", "source", "kind", "direction")

#: What some rows cannot have: a ceiling that is no half of repeats or is not tested, an ROI of one
#: voxel.
MAY_BE_MISSING = ("correlation_corrected", "p", *FIT_SCORES)


def read_scores(path: Path) -> pd.DataFrame:
    """Read a table of scores, to the last bit and with every name a text.

    Parameters
    ----------
    path : Path
        Written by ``DataFrame.to_csv(path, index=False)``.

    Returns
    -------
    DataFrame
        Without rows and columns where the file has none.
    """
    try:
        return pd.read_csv(
            path,
            dtype=dict.fromkeys(NAMES, str),
            keep_default_na=False,
            na_values={name: [""] for name in MAY_BE_MISSING},
        )
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
