"""Limits of the intervals that were calibrated by simulation; none is printed outside them."""

from __future__ import annotations

from pipeline.alignment.contrasts.estimate import Estimate

#: The least that was simulated: see the table in ``docs/evidence.md``.
LEAST_SUBJECTS, LEAST_GROUPS = 3, 24
#: With more subjects than this, intervals of fewer groups than that were too narrow.
FEW_SUBJECTS, GROUPS_OF_MANY_SUBJECTS = 3, 72
#: Splits in which groups are whole and fold sizes are like those that were simulated.
SPLITS = ("grouped", "contiguous")


def reason_against(estimate: Estimate, split: str) -> str:
    """Say why an interval would not hold; nothing where it does."""
    if split not in SPLITS:
        return f"intervals were calibrated in grouped folds, not in {split} ones"
    if 1 < estimate.n_subjects < LEAST_SUBJECTS:
        return (
            f"{estimate.n_subjects} subjects, and intervals hold for one by itself and from "
            f"{LEAST_SUBJECTS} on"
        )
    few = estimate.n_subjects <= FEW_SUBJECTS
    least = LEAST_GROUPS if few else GROUPS_OF_MANY_SUBJECTS
    if estimate.n_groups < least:
        those = "intervals" if few else f"intervals with {estimate.n_subjects} subjects"
        return f"{estimate.n_groups} stimulus groups, and {those} hold from {least} on"
    if not estimate.variance > 0:
        return "the two do not differ anywhere"
    return ""
