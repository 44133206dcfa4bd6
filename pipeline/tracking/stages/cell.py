"""One cell of a study: a tuned model, and its alignment with every brain dataset."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.config import AlignConfig, Cell, TuneConfig, specification_of
from pipeline.tracking.lineage import Link
from pipeline.tracking.stages.align.stage import run_align
from pipeline.tracking.stages.tune.interpolate import run_method


def links_of(cell: Cell) -> Iterator[Link]:
    """Run the stages of one tuned model.

    Raises
    ------
    PipelineError
        From the first stage that cannot be completed.
    """
    registered = run_method(TuneConfig.model_validate(cell.tune))
    declared = {align["brain"]: align for align in cell.aligns}
    for align in cell.aligns:
        specification = specification_of(align, declared[align["brain"]])
        config = AlignConfig.model_validate({**align, "model": registered.uri})
        aligned = run_align(config, in_registry=not specification)
        yield Link(
            model=registered.uri,
            tune_run=registered.run_id,
            extract_run=aligned.extract_run,
            align_run=aligned.run_id,
            brain=aligned.brain,
            simulated=aligned.simulated,
            specification=specification,
        )
