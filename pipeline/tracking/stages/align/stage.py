"""``align``: a registered version and a brain dataset in, 2v2 per ROI and subject out."""

from __future__ import annotations

from dataclasses import dataclass

import mlflow
import pandas as pd
from mlflow.entities import Run

from pipeline.alignment import best_layers, mean_within
from pipeline.alignment.dataset.chosen_layers import compute_nulls, write_maps
from pipeline.alignment.dataset.plan import (
    Computed,
    compute_parts,
    joined,
    make_plan,
    model_units,
)
from pipeline.alignment.dataset.subject_rois import Arrays
from pipeline.alignment.dataset.units import check_scheduler
from pipeline.alignment.permutations.joint import cell_p_values, joint_p_values
from pipeline.alignment.scores import FIT_SCORES
from pipeline.alignment.tables import unique_part
from pipeline.brains.dataset import BrainDataset
from pipeline.brains.load import load_brain
from pipeline.config import AlignConfig
from pipeline.errors import DataError, Problem
from pipeline.tracking.aligned_runs import FEATURES
from pipeline.tracking.brain_inputs import brain_input
from pipeline.tracking.fingerprints import fingerprint
from pipeline.tracking.names import metric_name, original_names, valid_name
from pipeline.tracking.registry import Registered, tag_version
from pipeline.tracking.runs import (
    NOTE,
    Stage,
    artifact,
    log,
    logged_folder,
    once,
    visible_refusal,
    within_another_stage,
)
from pipeline.tracking.score_files import read_scores
from pipeline.tracking.seals import is_whole
from pipeline.tracking.stages.align.pictures import draw_maps
from pipeline.tracking.stages.align.reference import (
    NOT_OURS,
    PAIR_SUMS,
    Reference,
    nuisance_of,
    run_reference,
)
from pipeline.tracking.stages.extract import CUT_STIMULI, Extracted, extract_features
from pipeline.tracking.stages.untouched import version_of
from pipeline.tracking.unfinished import forget, unfinished_folder
from pipeline.words import MODEL, Objective

SCORES, CEILINGS, ALPHAS = "scores.csv", "ceilings.csv", "alphas.csv"
P_VALUES, JOINT_P_VALUES, NULLS = "p_values.csv", "joint_p_values.csv", "null_scores.parquet"
FIT_TABLE, MAPS = "fit_scores.csv", "maps"
#: Share of alphas chosen on the border of those tried above which the range is too narrow.
MOST = 0.5


@dataclass(frozen=True)
class Aligned:
    """The scores of one version with one brain dataset, and the runs that hold them.

    Parameters
    ----------
    run_id : str
        Of the align run.
    extract_run : str
        Of the run whose features were scored.
    brain : str
        Name of the brain dataset.
    simulated : bool
        Whether its subjects are.
    """

    run_id: str
    extract_run: str
    brain: str
    simulated: bool

    @property
    def objective(self) -> Objective:
        """The inner score that chose alphas, and by which layers are chosen."""
        named: Objective = mlflow.get_run(self.run_id).data.params["objective"]
        return named

    def every_score(self) -> pd.DataFrame:
        """Read every score: one row a subject, split, source, repeat, direction, ROI, layer, fold.

        ``source`` is 'model', 'nuisance' (features that are none of a model) or 'both' (a layer
        beside all nuisance features). ``fold`` goes on over repeats, so it tells them apart too.
        Where ``split`` was shuffled, there are rows in grouped folds as well.
        """
        return read_scores(artifact(self.run_id, SCORES))

    def scores(self) -> pd.DataFrame:
        """Read the scores of the model in the split that was asked for."""
        return asked(self.every_score())

    def unique(self) -> pd.DataFrame:
        """Read what the model explains beyond nuisance features, in every split."""
        return unique_part(self.every_score(), self.objective)

    def alphas(self) -> pd.DataFrame:
        """Read the alphas tried and their inner scores: see :class:`Computed`."""
        return read_scores(artifact(self.run_id, ALPHAS))

    def ceilings(self) -> pd.DataFrame:
        """Read the noise ceilings; no rows where there are none."""
        return read_scores(artifact(self.run_id, CEILINGS))

    def pair_sums(self) -> pd.DataFrame:
        """Read 2v2 summed over pairs of stimulus groups, in every split."""
        if not self._holds(PAIR_SUMS):
            return pd.DataFrame()  # of a run that was made before they were kept
        return pd.read_parquet(artifact(self.run_id, PAIR_SUMS))

    def p_values(self) -> pd.DataFrame:
        """Read the p value of each subject, direction and ROI; no rows where none was asked for."""
        if mlflow.get_run(self.run_id).data.params["permutations"] == "0":
            return pd.DataFrame()
        return pd.read_csv(artifact(self.run_id, P_VALUES), dtype={"subject": str, "roi": str})

    def joint_p_values(self) -> pd.DataFrame:
        """Read the tests over all subjects; no rows where no permutations were asked for."""
        if mlflow.get_run(self.run_id).data.params["permutations"] == "0":
            return pd.DataFrame()
        return pd.read_csv(artifact(self.run_id, JOINT_P_VALUES), dtype={"roi": str})

    def nulls(self) -> pd.DataFrame:
        """Read the null scores: subject, direction, roi, permutation (0: as it was), two_vs_two."""
        return pd.read_parquet(artifact(self.run_id, NULLS))

    def fit_scores(self) -> pd.DataFrame:
        """Read the scores beside 2v2 of the model's encoding: see :class:`Computed`."""
        if not self._holds(FIT_TABLE):
            return pd.DataFrame()  # of a run that was made before they were kept
        return read_scores(artifact(self.run_id, FIT_TABLE))

    def _holds(self, name: str) -> bool:
        return any(file.path == name for file in mlflow.MlflowClient().list_artifacts(self.run_id))


def asked(scores: pd.DataFrame) -> pd.DataFrame:
    """Select the rows of the model in the split that was asked for, which comes first."""
    chosen = (scores.source == MODEL) & (scores.split == scores.split.iloc[0])
    return scores[chosen].reset_index(drop=True)


def align_stage(
    config: AlignConfig,
    registered: Registered,
    brain: BrainDataset,
    extract_run: str,
    reference_run: str,
) -> Stage:
    """Describe the stage with its inputs at hand."""
    inputs = {"features": extract_run, "brain": brain.digest, "reference": reference_run}
    return _stage(config).settled(
        f"align {registered.title} with {brain.name}",
        fingerprint("align", config.model_dump(exclude=NOT_OURS), inputs, run_align),
        {"model": registered.uri},
        {"brain": brain.name, **registered.names},
    )


def _stage(config: AlignConfig) -> Stage:
    """Describe the stage by its settings alone."""
    title = f"align {config.model} with {config.brain}"
    return Stage("align", title, "", config.model_dump(), {"brain": config.brain})


def run_align(config: AlignConfig) -> Aligned:
    """Align a registered version with a brain dataset, or find the scores computed before.

    Features are extracted first where no run holds them yet, and ceilings and the scores of
    nuisance features are computed where no alignment in these folds has needed them.

    Raises
    ------
    PipelineError
        When the model is not registered, the brain dataset cannot be read, folds would hold
        fewer than two stimuli, features are those of other stimuli, or a pattern is constant.
    """
    with visible_refusal(_stage(config)):
        check_scheduler(config)
        registered = version_of(config.model)
        brain = load_brain(config.brain, config.brain_dir)
        plan = make_plan(config, brain)
    with within_another_stage():
        extracted = extract_features(config, registered, brain)
        reference = run_reference(config, plan)
    stage = align_stage(config, registered, brain, extracted.run_id, reference.run_id)

    def work(_: Run) -> None:
        mlflow.log_input(brain_input(brain), context="responses")
        mlflow.set_tag(FEATURES, extracted.run_id)
        mlflow.log_metric(CUT_STIMULI, extracted.n_cut)
        features = matching_features(extracted, brain)
        units = list(model_units(plan, features, nuisance_of(config, brain)))
        folder = unfinished_folder(stage.fingerprint)
        computed = compute_parts(units, folder, config)
        scores = computed.scores
        if config.permutations:
            _log_nulls(compute_nulls(plan, features, config.permutations, folder, config))
        if config.maps:
            with logged_folder(MAPS) as maps:
                write_maps(plan, features, computed.fit_scores, maps)
                draw_maps(plan, registered.title, maps)
        mlflow.log_text(computed.alphas.to_csv(index=False), ALPHAS)
        _log_fit_scores(computed.fit_scores, scores.split.iloc[0])
        _log_tables(computed, reference)
        _log_means(asked(scores), registered, brain, config.objective)
        _log_unique(scores, reference, config.objective)
        forget(folder)

    return Aligned(once(stage, work, is_whole), extracted.run_id, brain.name, brain.simulated)


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


def _log_tables(computed: Computed, reference: Reference) -> None:
    with logged_folder() as folder:
        every = joined([computed.scores, reference.nuisance()])
        every.to_csv(folder / SCORES, index=False)
        joined([computed.pair_sums, reference.pair_sums()]).to_parquet(folder / PAIR_SUMS)
        reference.ceilings().to_csv(folder / CEILINGS, index=False)
    mlflow.set_tag("reference", reference.run_id)


def _log_nulls(nulls: pd.DataFrame) -> None:
    """Log the null scores themselves, and the tests that rest on them."""
    cells, joint = cell_p_values(nulls), joint_p_values(nulls)
    with logged_folder() as folder:
        nulls.to_parquet(folder / NULLS)
        cells.to_csv(folder / P_VALUES, index=False)
        joint.to_csv(folder / JOINT_P_VALUES, index=False)
    single = {metric_name(f"{r.direction}_p", r.roi, r.subject): r.p for r in cells.itertuples()}
    over_subjects = {metric_name(f"{r.direction}_joint_p", r.roi): r.p for r in joint.itertuples()}
    over_rois = {
        metric_name(f"{r.direction}_family_p", r.roi): r.p_family for r in joint.itertuples()
    }
    mlflow.log_metrics({**single, **over_subjects, **over_rois})


def _log_fit_scores(fits: pd.DataFrame, split: str) -> None:
    """Log scores beside 2v2, and their means over subjects and folds of the split asked for."""
    mlflow.log_text(fits.to_csv(index=False), FIT_TABLE)
    means = fits[fits.split == split].groupby("roi", sort=False)[list(FIT_SCORES)].mean()
    mlflow.log_metrics(
        {
            metric_name(f"encoding_{score}", roi): value
            for roi, row in means.iterrows()
            for score, value in row.dropna().items()
        }
    )


def _log_means(
    scores: pd.DataFrame, registered: Registered, brain: BrainDataset, objective: Objective
) -> None:
    """Log means over folds, and over subjects, to the run, the model and its tune run."""
    chosen = best_layers(scores, objective)
    by_subject = chosen.groupby(["direction", "roi", "subject"], sort=False).two_vs_two.mean()
    by_roi = by_subject.groupby(["direction", "roi"], sort=False).mean()
    means = {
        metric_name(f"{direction}_2v2", roi): value for (direction, roi), value in by_roi.items()
    }
    single = {
        metric_name(f"{direction}_2v2", roi, subject): value
        for (direction, roi, subject), value in by_subject.items()
    }
    further = {**_hard_pairs_and_ranks(chosen), "alpha_at_border": share_at_border(chosen)}
    mlflow.log_metrics(
        {**means, **single, **further}, model_id=registered.model_id, dataset=brain_input(brain)
    )
    mlflow.set_tags(original_names([*brain.rois, *brain.subjects]))
    # the registry's Compare shows the metrics of the run that made each version
    client = mlflow.MlflowClient()
    for metric, value in means.items():
        client.log_metric(registered.run_id, metric, value)
    tag_version(registered, {f"{valid_name(brain.name)}/{k}": f"{v:.4f}" for k, v in means.items()})
    best = ", ".join(f"{name.replace('_2v2/', ' ')} {value:.3f}" for name, value in means.items())
    log.info("  %s", best)
    rows = "\n".join(f"| {name} | {value:.4f} |" for name, value in means.items())
    mlflow.set_tag(
        NOTE,
        f"2v2 accuracy of `{registered.uri}` with **{brain.name}** ({brain.source}), mean over "
        f"{len(brain.subjects)} subjects; chance is 0.5.\n\n| | 2v2 |\n|---|---|\n{rows}",
    )


def _hard_pairs_and_ranks(chosen: pd.DataFrame) -> dict[str, float]:
    """Average over subjects what 2v2 hides: pairs that share a label, and ranks among all."""
    by = ["direction", "roi"]
    within = mean_within(chosen, [*by, "subject"]).groupby(by, sort=False).mean()
    ranks = chosen.groupby([*by, "subject"], sort=False).rank_accuracy.mean()
    by_roi = ranks.groupby(by, sort=False).mean()
    return {
        **{
            metric_name(f"{direction}_2v2_within", roi): value
            for (direction, roi), value in within.items()
        },
        **{
            metric_name(f"{direction}_rank", roi): value
            for (direction, roi), value in by_roi.items()
        },
    }


def share_at_border(chosen: pd.DataFrame) -> float:
    """Say what share of the alphas that scores rest on may lie too far out; warn of most.

    Parameters
    ----------
    chosen : DataFrame
        Rows of the chosen layers: uses alpha_at_border.

    Notes
    -----
    Of a dozen alphas two are the smallest and the largest, so some always lie there.
    """
    at_border = int(chosen.alpha_at_border.sum())
    if at_border > MOST * len(chosen):
        log.warning(
            "  %d of %d chosen alphas are the smallest or the largest tried: align with a smaller "
            "alpha_low or a larger alpha_high to see whether scores rise",
            at_border,
            len(chosen),
        )
    return at_border / len(chosen)


def _log_unique(scores: pd.DataFrame, reference: Reference, objective: Objective) -> None:
    """Log what the model explains beyond nuisance features, mean over subjects and folds."""
    alone = reference.nuisance()
    if not alone.empty:
        unique = unique_part(pd.concat([scores, alone], ignore_index=True), objective)
        in_asked = unique[unique.split == scores.split.iloc[0]]
        by_roi = in_asked.groupby("roi", sort=False)["unique"].mean()
        mlflow.log_metrics({metric_name("unique_2v2", roi): value for roi, value in by_roi.items()})
