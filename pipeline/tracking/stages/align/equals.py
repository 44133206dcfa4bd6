"""Alignments of equal features: an untuned base is the same under the name of every task."""

from __future__ import annotations

import hashlib

import mlflow

from pipeline.alignment.dataset.plan import Computed
from pipeline.alignment.dataset.subject_rois import Arrays
from pipeline.tracking.runs import find_runs
from pipeline.tracking.seals import is_whole
from pipeline.tracking.stages.align.aligned import Aligned
from pipeline.words import NUISANCE

SCORES_OF = "scores_of"  # the tag of an align run: a fingerprint of what its scores depend on
SAME_AS = "same_scores_as"  # and of one that took them from another run: that run


def features_digest(features: Arrays) -> str:
    """Sum up the values of features, not whose they are.

    Parameters
    ----------
    features : mapping of layer to ndarray, shape (n_stimuli, n_features)
    """
    digest = hashlib.sha256()
    for layer, values in features.items():
        digest.update(f"{layer} {values.dtype} {values.shape} ".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def computed_of_equal(mark: str) -> Computed | None:
    """Read what an alignment of equal features, responses and settings computed, if there is one.

    The active run is tagged with the mark, for later alignments to find, and with the run that the
    scores come from.

    Parameters
    ----------
    mark : str
        A fingerprint of what the scores depend on.
    """
    equal = find_runs(f"tags.{SCORES_OF} = '{mark}' and attributes.status = 'FINISHED'")
    mlflow.set_tag(SCORES_OF, mark)
    run = next((run for run in equal if is_whole(run)), None)
    if run is None:
        return None
    mlflow.set_tag(SAME_AS, run.info.run_id)
    return computed_of(run.info.run_id)


def computed_of(run_id: str) -> Computed:
    """Read what the units of an alignment gave, from its run."""
    aligned = Aligned(run_id, "", "", simulated=False)
    scores, sums = aligned.every_score(), aligned.pair_sums()
    return Computed(
        scores[scores.source != NUISANCE].reset_index(drop=True),
        aligned.alphas(),
        aligned.fit_scores(),
        sums[sums.source != NUISANCE].reset_index(drop=True),
    )
