"""Made-up differences between the methods of a made-up study."""

from __future__ import annotations

import numpy as np
import pandas as pd

DIFFERENCES = ("contrasts", "subject_contrasts", "overall")
METHODS = ("base", "full", "prompt", "vpt-shallow")


def contrast_frames(brain_scores: pd.DataFrame, tasks: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Make differences between methods of every cell, of every subject and overall.

    Intervals are made up: half as wide as a difference of .04.
    """
    modality = dict(zip(tasks["task"], tasks["modality"], strict=True))
    keys = ["brain", "split", "direction", "base", "task", "roi", "simulated", "subject"]
    means = brain_scores.groupby([*keys, "method"], sort=False)["two_vs_two"].mean()
    wide = means.unstack("method")
    pairs = [(a, b) for a in METHODS for b in ("full", "base") if a not in ("base", b)]
    subjects = pd.concat(
        (wide[a] - wide[b])
        .dropna()
        .rename("difference")
        .reset_index()
        .assign(method_a=a, method_b=b, contrast=f"{a} \u2212 {b}")
        for a, b in pairs
        if {a, b} <= set(wide.columns)
    )
    subjects["modality"] = subjects["task"].map(modality)
    names = ["contrast", "method_a", "method_b", "modality", "simulated"]
    cell = ["brain", "split", "direction", "base", "task", "roi", *names]
    contrasts = subjects.groupby(cell, sort=False)["difference"].mean().reset_index()
    family = ["brain", "split", "direction", *names]
    overall = subjects.groupby(family, sort=False)["difference"].mean().reset_index()
    return {
        "contrasts": with_statistics(contrasts),
        "subject_contrasts": subjects,
        "overall": with_statistics(overall).assign(n_cells=12),
    }


def with_statistics(differences: pd.DataFrame) -> pd.DataFrame:
    """Add intervals of .04 to differences."""
    return differences.assign(
        low=differences["difference"] - 0.02,
        high=differences["difference"] + 0.02,
        p=np.where(differences["difference"].abs() > 0.02, 0.01, 0.4),
        p_holm=np.where(differences["difference"].abs() > 0.02, 0.03, 1.0),
        visible_from=0.031,
        n_subjects=3,
        n_groups=24,
        n_seeds=1,
        reason="",
    )
