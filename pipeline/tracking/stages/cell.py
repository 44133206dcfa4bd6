"""One cell of a study: a tuned model, and its alignment with every brain dataset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pipeline.config import (
    ONLY_SCORES,
    AlignConfig,
    Cell,
    StageSettings,
    TuneConfig,
    specification_of,
)
from pipeline.tracking.lineage import Link
from pipeline.tracking.registered import Registered
from pipeline.tracking.stages.align.stage import run_align
from pipeline.tracking.stages.tune.interpolate import run_method
from pipeline.tracking.stages.tune.paths import path_of


def links_of(cell: Cell) -> Iterator[Link]:
    """Run the stages of one tuned model.

    Raises
    ------
    PipelineError
        From the first stage that cannot be completed.
    """
    registered = run_method(TuneConfig.model_validate(cell.tune))
    declared = {align["brain"]: align for align in cell.aligns}
    of_declared: dict[str, Link] = {}
    for align in cell.aligns:
        specification = specification_of(align, declared[align["brain"]])
        link = _aligned(align, registered, in_registry=not specification)
        of_declared[align["brain"]] = link
        yield replace(link, specification=specification)
    for point in path_of(registered):
        for brain, align in declared.items():
            link = (
                of_declared[brain]
                if point.version.uri == registered.uri
                else _aligned({**align, **ONLY_SCORES}, point.version)
            )
            yield replace(link, path=point.path, place=point.place)


def _aligned(align: StageSettings, registered: Registered, in_registry: bool = True) -> Link:
    config = AlignConfig.model_validate({**align, "model": registered.uri})
    aligned = run_align(config, in_registry=in_registry)
    return Link(
        model=registered.uri,
        tune_run=registered.run_id,
        extract_run=aligned.extract_run,
        align_run=aligned.run_id,
        brain=aligned.brain,
        simulated=aligned.simulated,
    )
