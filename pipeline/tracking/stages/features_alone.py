"""Versions on the way of a training, left with their features: nothing else is asked of them."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.config import AlignConfig, StageSettings
from pipeline.tracking.registered import Registered
from pipeline.tracking.runs import log
from pipeline.tracking.stages.extract import run_extract
from pipeline.tracking.weightless import drop_weights, has_weights


def leave_features(version: Registered, aligns: Iterable[StageSettings]) -> None:
    """Extract the features of a version for some brain datasets, then drop its weights.

    Parameters
    ----------
    version : Registered
    aligns : iterable of mapping
        Values for AlignConfig, without the model: what it will be aligned with.

    Raises
    ------
    PipelineError
        Where its features cannot be extracted. It keeps its weights then.
    """
    if not has_weights(version):
        return
    for align in aligns:
        run_extract(AlignConfig.model_validate({**align, "model": version.uri}))
    n_bytes = drop_weights(version)
    log.info("  %s: features extracted, %.1f MB of weights dropped", version.uri, n_bytes / 1e6)
