"""Records of an alignment: tables and means in its run, means on the registered version."""

from __future__ import annotations

import time

import mlflow
import pandas as pd
from mlflow.entities import Metric

from pipeline.alignment import best_layers, mean_within
from pipeline.alignment.dataset.plan import Computed, joined
from pipeline.alignment.permutations.joint import cell_p_values, joint_p_values
from pipeline.alignment.score_tables import unique_part
from pipeline.alignment.scores import FIT_SCORES, PARTITION_SCORES
from pipeline.brains.dataset import BrainDataset
from pipeline.tracking.brain_inputs import brain_input
from pipeline.tracking.names import metric_name, original_names
from pipeline.tracking.registered import Registered
from pipeline.tracking.registry import add_brain_scores, aligned_with
from pipeline.tracking.runs import NOTE, log, logged_folder
from pipeline.tracking.stages.align.aligned import (
    ALPHAS,
    CEILINGS,
    FIT_TABLE,
    JOINT_P_VALUES,
    NULLS,
    P_VALUES,
    PARTITION,
    SCORES,
    Aligned,
)
from pipeline.tracking.stages.align.reference import PAIR_SUMS, Reference
from pipeline.words import Objective

#: Share of alphas chosen on the border of those tried above which the range is too narrow.
MOST = 0.5
DIGITS = 4


def log_computed(computed: Computed, reference: Reference, objective: Objective) -> None:
    """Log all that units of an alignment gave, beside the reference of its folds."""
    scores = computed.scores
    mlflow.log_text(computed.alphas.to_csv(index=False), ALPHAS)
    log_fit_scores(computed.fit_scores, scores.split.iloc[0])
    log_tables(computed, reference)
    log_unique(scores, reference, objective)


def log_tables(computed: Computed, reference: Reference) -> None:
    """Log every score, pair sum and ceiling, those of the folds' reference beside the model's."""
    with logged_folder() as folder:
        every = joined([computed.scores, reference.nuisance()])
        every.to_csv(folder / SCORES, index=False)
        joined([computed.pair_sums, reference.pair_sums()]).to_parquet(folder / PAIR_SUMS)
        reference.ceilings().to_csv(folder / CEILINGS, index=False)
    mlflow.set_tag("reference", reference.run_id)


def log_nulls(nulls: pd.DataFrame) -> None:
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


def log_fit_scores(fits: pd.DataFrame, split: str) -> None:
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


def log_partition(parts: pd.DataFrame) -> None:
    """Log the parts of R², and their means over subjects and folds."""
    mlflow.log_text(parts.to_csv(index=False), PARTITION)
    if not parts.empty:
        means = parts.groupby("roi", sort=False)[list(PARTITION_SCORES)].mean()
        mlflow.log_metrics(
            {
                metric_name(f"encoding_{score}", roi): value
                for roi, row in means.iterrows()
                for score, value in row.items()
            }
        )


def log_means(
    scores: pd.DataFrame,
    model: str,
    brain: BrainDataset,
    objective: Objective,
    shown_with: Registered | None,
) -> None:
    """Log means over folds, and over subjects, to the run, and to a version that shows them."""
    best_scores = best_layers(scores, objective)
    by_subject = _by_subject(best_scores)
    by_roi = _over_subjects(by_subject)
    means = _by_metric(by_roi)
    single = {
        metric_name(f"{direction}_2v2", roi, subject): value
        for (direction, roi, subject), value in by_subject.items()
    }
    over_rois = {
        metric_name("mean", f"{direction}_2v2"): value
        for direction, value in by_roi.groupby("direction", sort=False).mean().items()
    }
    further = {
        **_hard_pairs_and_ranks(best_scores),
        "alpha_at_border": share_at_border(best_scores),
    }
    logged = {name: _rounded(value) for name, value in {**over_rois, **means, **single}.items()}
    model_id = shown_with.model_id if shown_with else None
    mlflow.log_metrics({**logged, **further}, model_id=model_id, dataset=brain_input(brain))
    mlflow.set_tags(original_names([*brain.rois, *brain.subjects]))
    best = ", ".join(f"{name.replace('_2v2/', ' ')} {value:.4f}" for name, value in means.items())
    log.info("  %s", best)
    rows = "\n".join(f"| {name} | {value:.4f} |" for name, value in means.items())
    mlflow.set_tag(
        NOTE,
        f"2v2 accuracy of `{model}` with **{brain.name}** ({brain.source}), mean over "
        f"{len(brain.subjects)} subjects; chance is 0.5.\n\n| | 2v2 |\n|---|---|\n{rows}",
    )


def show_in_registry(registered: Registered, aligned: Aligned) -> None:
    """Show the means of an alignment with the version and its tune run, unless they are shown.

    A version shows one alignment with each brain dataset: the last that was asked for.
    """
    if aligned_with(registered, aligned.brain) == aligned.run_id:
        return
    best_scores = best_layers(aligned.scores(), aligned.objective)
    means = _by_metric(_over_subjects(_by_subject(best_scores)))
    # the registry's Compare shows the metrics of the run that made each version
    now = round(time.time() * 1000)
    batch = [Metric(metric, _rounded(value), now, 0) for metric, value in means.items()]
    mlflow.MlflowClient().log_batch(registered.run_id, metrics=batch)
    add_brain_scores(registered, aligned.brain, means, aligned.run_id)


def _by_subject(best_scores: pd.DataFrame) -> pd.Series[float]:
    """Average 2v2 over folds, by direction, ROI and subject."""
    return best_scores.groupby(["direction", "roi", "subject"], sort=False).two_vs_two.mean()


def _over_subjects(by_subject: pd.Series[float]) -> pd.Series[float]:
    return by_subject.groupby(["direction", "roi"], sort=False).mean()


def _by_metric(by_roi: pd.Series[float]) -> dict[str, float]:
    """Name the means of directions and ROIs as metrics."""
    return {metric_name(f"{direction}_2v2", roi): mean for (direction, roi), mean in by_roi.items()}


def _rounded(value: float) -> float:
    """Round to what a person reads in MLflow's tables; the artifacts hold every digit."""
    return round(float(value), DIGITS)


def _hard_pairs_and_ranks(best_scores: pd.DataFrame) -> dict[str, float]:
    """Average over subjects what 2v2 hides: pairs that share a label, and ranks among all."""
    by = ["direction", "roi"]
    within = mean_within(best_scores, [*by, "subject"]).groupby(by, sort=False).mean()
    ranks = best_scores.groupby([*by, "subject"], sort=False).rank_accuracy.mean()
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


def share_at_border(best_scores: pd.DataFrame) -> float:
    """Say what share of the alphas that scores rest on may lie too far out; warn of most.

    Parameters
    ----------
    best_scores : DataFrame
        Rows of the chosen layers: uses alpha_at_border.

    Notes
    -----
    Of a dozen alphas two are the smallest and the largest, so some always lie there.
    """
    at_border = int(best_scores.alpha_at_border.sum())
    if at_border > MOST * len(best_scores):
        log.warning(
            "  %d of %d chosen alphas are the smallest or the largest tried: align with a smaller "
            "alpha_low or a larger alpha_high to see whether scores rise",
            at_border,
            len(best_scores),
        )
    return at_border / len(best_scores)


def log_unique(scores: pd.DataFrame, reference: Reference, objective: Objective) -> None:
    """Log what the model explains beyond nuisance features, mean over subjects and folds."""
    alone = reference.nuisance()
    if not alone.empty:
        unique = unique_part(pd.concat([scores, alone], ignore_index=True), objective)
        in_asked = unique[unique.split == scores.split.iloc[0]]
        by_roi = in_asked.groupby("roi", sort=False)["unique"].mean()
        mlflow.log_metrics({metric_name("unique_2v2", roi): value for roi, value in by_roi.items()})
