"""One cell of a study: a tuned model, and its alignment with every brain dataset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import mlflow

from pipeline.brains.load import load_brain
from pipeline.config import (
    ONLY_SCORES,
    AlignConfig,
    Cell,
    RegimeConfig,
    StageSettings,
    TuneConfig,
    UntunedModel,
    declared_aligns,
    specification_of,
)
from pipeline.data.minimal_pairs import read_minimal_pairs
from pipeline.tracking.lineage import Link
from pipeline.tracking.registered import Registered, resolve
from pipeline.tracking.runs import log
from pipeline.tracking.stages.align.aligned import Aligned
from pipeline.tracking.stages.align.assembled import run_assembled
from pipeline.tracking.stages.align.stage import run_align
from pipeline.tracking.stages.extract import run_extract
from pipeline.tracking.stages.minimal_pairs import run_minimal_pairs
from pipeline.tracking.stages.regimes.fold_places import FOLD
from pipeline.tracking.stages.regimes.stage import run_regime
from pipeline.tracking.stages.tune.interpolate import run_method
from pipeline.tracking.stages.tune.paths import path_of
from pipeline.tracking.weightless import drop_weights, has_weights
from pipeline.tuning.methods import METHODS
from pipeline.words import CurveSetting, PathKind


def links_of(cell: Cell | UntunedModel) -> Iterator[Link]:
    """Run the stages of one model.

    Raises
    ------
    PipelineError
        From the first stage that cannot be completed.
    """
    if isinstance(cell, UntunedModel):
        yield from _links_of_untuned(cell)
    elif cell.regime != "task":
        yield from _links_in_regime(cell)
    else:
        yield from _links_of_tuned(cell)


def _links_of_untuned(model: UntunedModel) -> Iterator[Link]:
    declared = declared_aligns(model.aligns)
    for align in model.aligns:
        specification = specification_of(align, declared[align["brain"]])
        config = AlignConfig.model_validate(align)
        aligned = run_align(config, not specification, specification)
        # the alignment has registered the model, or found it registered
        registered = resolve(mlflow.get_run(aligned.run_id).data.params["model"])
        yield replace(_link(registered, aligned), specification=specification)


def _links_in_regime(cell: Cell) -> Iterator[Link]:
    """Tune in every outer fold of each brain dataset, and put the alignments of folds together."""
    tune = RegimeConfig.model_validate(cell.tune)
    declared = declared_aligns(cell.aligns)
    for align in cell.aligns:
        specification = specification_of(align, declared[align["brain"]])
        config = AlignConfig.model_validate({**align, "model": tune.base})
        brain = load_brain(config.brain, config.brain_dir)
        versions = run_regime(tune, config, brain)
        if FOLD in versions[0].tags:
            assembled = run_assembled(config, versions, brain, specification)
            aligned, folds = assembled.whole, assembled.folds
        else:  # a control, which belongs to every fold
            config = config.model_copy(update={"model": versions[0].uri})
            aligned, folds = run_align(config, not specification, specification), ()
        yield replace(_link(versions[0], aligned), specification=specification)
        for number, (version, of_fold) in enumerate(zip(versions, folds, strict=False)):
            yield replace(_link(version, of_fold), fold=number)


def _links_of_tuned(cell: Cell) -> Iterator[Link]:
    config = TuneConfig.model_validate(cell.tune)
    registered = run_method(config)
    pairs_run = ""
    if cell.minimal_pairs:
        pairs_run = run_minimal_pairs(registered, read_minimal_pairs(Path(cell.minimal_pairs)))
    declared = declared_aligns(cell.aligns)
    of_declared: dict[str, Link] = {}
    for align in cell.aligns:
        specification = specification_of(align, declared[align["brain"]])
        link = _aligned(align, registered, specification, in_registry=not specification)
        of_declared[align["brain"]] = link
        yield replace(link, specification=specification, pairs_run=pairs_run)
    for version, path, place in _versions_along(cell, config, registered):
        for brain, align in declared.items():
            link = (
                of_declared[brain]
                if version.uri == registered.uri
                else _aligned({**align, **ONLY_SCORES}, version, path)
            )
            yield replace(link, path=path, place=place)


def _versions_along(
    cell: Cell, config: TuneConfig, registered: Registered
) -> Iterator[tuple[Registered, PathKind, float]]:
    """Give the versions along the path of a tuned model, and along the curves of its settings."""
    for point in path_of(registered):
        if point.path == "step" and not config.weights_on_the_way:
            _leave_features(point.version, declared_aligns(cell.aligns).values())
        yield point.version, point.path, point.place
    for name, value, tune in heeded(cell):
        as_declared = getattr(config, name) == value
        varied = registered if as_declared else run_method(TuneConfig.model_validate(tune))
        yield varied, name, float(value)


def _leave_features(version: Registered, aligns: Iterable[StageSettings]) -> None:
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


def heeded(cell: Cell) -> Iterator[tuple[CurveSetting, int, StageSettings]]:
    """Give what ``Cell.varied`` gives of the settings that mean something to its method."""
    method = METHODS[str(cell.tune["method"])]
    yield from (varied for varied in cell.varied() if method.heeds(varied[0]))


def _aligned(
    align: StageSettings, registered: Registered, aside: str, in_registry: bool = True
) -> Link:
    config = AlignConfig.model_validate({**align, "model": registered.uri})
    return _link(registered, run_align(config, in_registry, aside))


def _link(registered: Registered, aligned: Aligned) -> Link:
    return Link(
        model=registered.uri,
        tune_run=registered.run_id,
        extract_run=aligned.extract_run,
        align_run=aligned.run_id,
        brain=aligned.brain,
        simulated=aligned.simulated,
    )
