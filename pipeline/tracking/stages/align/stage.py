"""``align``: a registered version and a brain dataset in, 2v2 per ROI and subject out."""

from __future__ import annotations

import mlflow
from mlflow.entities import Run

from pipeline.alignment.dataset.chosen_layers import compute_nulls, write_maps
from pipeline.alignment.dataset.partition import compute_partition
from pipeline.alignment.dataset.plan import compute_parts, make_plan, model_units
from pipeline.alignment.dataset.subject_rois import Arrays
from pipeline.alignment.dataset.units import check_place
from pipeline.brains.dataset import BrainDataset
from pipeline.brains.load import load_brain
from pipeline.config import AlignConfig
from pipeline.errors import DataError, Problem
from pipeline.tracking.aligned_runs import ASIDE, FEATURES
from pipeline.tracking.brain_inputs import brain_input
from pipeline.tracking.fingerprints import fingerprint
from pipeline.tracking.registered import Registered
from pipeline.tracking.runs import Stage, logged_folder, once, visible_refusal, within_another_stage
from pipeline.tracking.seals import is_whole
from pipeline.tracking.stages.align.aligned import MAPS, Aligned, model_scores
from pipeline.tracking.stages.align.equals import computed_of_equal, features_digest
from pipeline.tracking.stages.align.records import (
    log_computed,
    log_means,
    log_nulls,
    log_partition,
    show_in_registry,
)
from pipeline.tracking.stages.align.reference import NOT_OF_SCORING, nuisance_of, reference_of
from pipeline.tracking.stages.extract import CUT_STIMULI, Extracted, extract_features
from pipeline.tracking.stages.foreign import foreign_features
from pipeline.tracking.stages.regimes.fold_places import check_fold
from pipeline.tracking.stages.untouched import version_of
from pipeline.tracking.unfinished import forget, unfinished_folder


def align_stage(
    config: AlignConfig,
    registered: Registered,
    brain: BrainDataset,
    extract_run: str,
    reference_run: str,
) -> Stage:
    """Describe the stage with its inputs at hand."""
    return _stage(config).settled(
        f"{registered.title_of('align')} with {brain.name}",
        _mark(config, extract_run, brain, reference_run),
        {"model": registered.uri},
        {"brain": brain.name, **registered.names},
    )


def _mark(config: AlignConfig, features: str, brain: BrainDataset, reference_run: str) -> str:
    """Sum up settings, code and inputs; the features by their run, or by their values."""
    inputs = {"features": features, "brain": brain.digest, "reference": reference_run}
    return fingerprint("align", config.model_dump(exclude=NOT_OF_SCORING), inputs, run_align)


def _stage(config: AlignConfig) -> Stage:
    """Describe the stage by its settings alone."""
    title = f"align {config.model} with {config.brain}"
    return Stage("align", title, "", config.model_dump(), {"brain": config.brain})


def run_align(config: AlignConfig, in_registry: bool = True, aside: str = "") -> Aligned:
    """Align a registered version with a brain dataset, or find the scores computed before.

    Features are extracted first where no run holds them yet, and ceilings and the scores of
    nuisance features are computed where no alignment in these folds has needed them.

    Parameters
    ----------
    config : AlignConfig
    in_registry : bool
        Whether the version shows these scores, in place of others with the same brain dataset.
    aside : str
        Why a study makes it beside those it declares; empty: it is one of them.

    Raises
    ------
    PipelineError
        When the model is not registered, the brain dataset cannot be read, folds would hold
        fewer than two stimuli, features are those of other stimuli, a pattern is constant, or the
        version was tuned in a fold that is not the one to be scored.
    """
    with visible_refusal(_stage(config)):
        check_place(config)
        registered = None if config.features else version_of(config.model)
        brain = load_brain(config.brain, config.brain_dir)
        if registered is not None:
            check_fold(registered.tags, config, brain)
        plan = make_plan(config, brain)
    with within_another_stage():
        if registered is None:
            registered, extracted = foreign_features(config, brain)
        else:
            extracted = extract_features(config, registered, brain)
        reference = reference_of(config, brain)
    stage = align_stage(config, registered, brain, extracted.run_id, reference.run_id)

    def work(_: Run) -> None:
        mlflow.log_input(brain_input(brain), context="responses")
        mlflow.set_tags({FEATURES: extracted.run_id, **({ASIDE: aside} if aside else {})})
        mlflow.log_metric(CUT_STIMULI, extracted.n_cut)
        features = matching_features(extracted, brain)
        folder = unfinished_folder(stage.fingerprint)
        mark = _mark(config, features_digest(features), brain, reference.run_id)
        computed = computed_of_equal(mark)
        if computed is None:
            units = list(model_units(plan, features, nuisance_of(config, brain)))
            computed = compute_parts(units, folder, config)
        scores = computed.scores
        if config.permutations:
            log_nulls(compute_nulls(plan, features, config.permutations, folder, config))
        if config.partition:
            nuisance = nuisance_of(config, brain)
            parts = compute_partition(plan, features, nuisance, computed.fit_scores, folder, config)
            log_partition(parts)
        if config.maps:
            from pipeline.tracking.stages.align.voxel_pictures import draw_maps

            with logged_folder(MAPS) as maps:
                write_maps(plan, features, computed.fit_scores, maps)
                draw_maps(plan, registered.title, maps)
        log_computed(computed, reference, config.objective)
        shown_with = registered if in_registry else None
        log_means(model_scores(scores), registered.uri, brain, config.objective, shown_with)
        forget(folder)

    run_id = once(stage, work, is_whole)
    aligned = Aligned(run_id, extracted.run_id, brain.name, brain.simulated)
    if in_registry:
        show_in_registry(registered, aligned)
    return aligned


def matching_features(extracted: Extracted, brain: BrainDataset) -> Arrays:
    """Read features, and make sure that they are those of the stimuli that were responded to.

    Raises
    ------
    DataError
        The features were made from other stimuli, even if these are as many.
    """
    if extracted.origin.stimuli != brain.stimuli.digest:
        raise DataError(
            Problem(
                f"features of run {extracted.run_id}",
                f"those of the stimuli of {brain.name} ({brain.stimuli.digest[:12]})",
                f"those of others ({extracted.origin.stimuli[:12]})",
                "Run extract again with this brain dataset.",
            )
        )
    return extracted.read()
