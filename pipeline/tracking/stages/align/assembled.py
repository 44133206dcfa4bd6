"""One alignment of versions that belong to an outer fold each, from their alignments there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import mlflow
import pandas as pd
from mlflow.entities import Run

from pipeline.alignment.dataset.plan import Computed, joined
from pipeline.brains.dataset import BrainDataset
from pipeline.config import AlignConfig
from pipeline.tracking.aligned_runs import ASIDE
from pipeline.tracking.brain_inputs import brain_input
from pipeline.tracking.fingerprints import fingerprint
from pipeline.tracking.registered import Registered
from pipeline.tracking.runs import Stage, once, within_another_stage
from pipeline.tracking.seals import is_whole
from pipeline.tracking.stages.align.aligned import Aligned, model_scores
from pipeline.tracking.stages.align.equals import computed_of
from pipeline.tracking.stages.align.records import log_computed, log_means, log_nulls, log_partition
from pipeline.tracking.stages.align.reference import NOT_OF_SCORING, reference_of
from pipeline.tracking.stages.align.stage import run_align
from pipeline.tracking.stages.extract import CUT_STIMULI

#: Tag of an align run that was put together: the versions of its folds, in order, as JSON.
VERSIONS = "versions"
_CELL = ["subject", "direction", "roi", "permutation"]
_TRIAL = ["subject", "split", "source", "repeat", "direction", "roi", "alpha"]


@dataclass(frozen=True)
class Assembled:
    """The alignment of versions of single folds: put together, and of each fold in order."""

    whole: Aligned
    folds: tuple[Aligned, ...]


def run_assembled(
    config: AlignConfig, versions: Sequence[Registered], brain: BrainDataset, aside: str = ""
) -> Assembled:
    """Align each version in its own outer fold, and put the folds together.

    What comes of it is an alignment like any other: every fold's test stimuli are scored once, by
    features of a version that has not seen them, with ridge regression fitted on that fold's
    training stimuli.

    Parameters
    ----------
    config : AlignConfig
        Its model and fold are not looked at.
    versions : sequence of Registered
        One for each outer fold, in order.
    brain : BrainDataset
    aside : str
        As for :func:`pipeline.tracking.stages.align.stage.run_align`.

    Raises
    ------
    PipelineError
        As :func:`pipeline.tracking.stages.align.stage.run_align`.
    """
    parts = []
    with within_another_stage():
        for number, version in enumerate(versions):
            own = config.model_copy(update={"model": version.uri, "fold": number})
            of_fold = f"fold {number} of {len(versions)}"
            parts.append(run_align(own, not aside, f"{aside}, {of_fold}" if aside else of_fold))
        reference = reference_of(config, brain)
    stage = _stage(config, versions, brain, [part.run_id for part in parts])

    def work(_: Run) -> None:
        mlflow.log_input(brain_input(brain), context="responses")
        uris = [version.uri for version in versions]
        mlflow.set_tags({VERSIONS: json.dumps(uris), **({ASIDE: aside} if aside else {})})
        cut = [mlflow.get_run(part.run_id).data.metrics[CUT_STIMULI] for part in parts]
        mlflow.log_metric(CUT_STIMULI, max(cut))
        computed = assemble([computed_of(part.run_id) for part in parts])
        if config.permutations:
            log_nulls(mean_nulls([part.nulls() for part in parts]))
        if config.partition:
            log_partition(joined([part.partition() for part in parts]))
        log_computed(computed, reference, config.objective)
        log_means(model_scores(computed.scores), stage.title, brain, config.objective, None)

    whole = Aligned(once(stage, work, is_whole), "", brain.name, brain.simulated)
    return Assembled(whole, tuple(parts))


def _stage(
    config: AlignConfig, versions: Sequence[Registered], brain: BrainDataset, runs: Sequence[str]
) -> Stage:
    first, n_folds = versions[0], len(versions)
    settings = config.model_dump(exclude={*NOT_OF_SCORING, "fold"})
    inputs = {f"fold {number}": run for number, run in enumerate(runs)}
    seed = f" s{first.names['seed']}" if first.names["seed"] != "0" else ""
    method = first.names["method"]
    return Stage(
        "align",
        f"{method}{seed} align {first.name}, {n_folds} folds, with {brain.name}",
        fingerprint("align", settings, inputs, run_assembled),
        {**config.model_dump(), "model": first.uri, "fold": -1},
        {"brain": brain.name, **first.names},
    )


def assemble(folds: Sequence[Computed]) -> Computed:
    """Join what the units of single folds gave, whose numbers their tables hold.

    Parameters
    ----------
    folds : sequence of Computed

    Returns
    -------
    Computed
        Inner scores of alphas are means over folds, as those of one alignment are.
    """
    return Computed(
        scores=joined([fold.scores for fold in folds]),
        alphas=_averaged(joined([fold.alphas for fold in folds]), _TRIAL),
        fit_scores=joined([fold.fit_scores for fold in folds]),
        pair_sums=joined([fold.pair_sums for fold in folds]),
    )


def mean_nulls(folds: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Average null scores over folds, exchange by exchange: all folds exchange the same stimuli.

    Parameters
    ----------
    folds : sequence of DataFrame
        As :meth:`Aligned.nulls` reads them.
    """
    return _averaged(joined(folds), _CELL)


def _averaged(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return table.groupby(keys, sort=False).mean().reset_index()


def versions_behind(run_id: str) -> list[str]:
    """List the URIs of the versions of an alignment that was put together; none of any other."""
    listed: list[str] = json.loads(mlflow.get_run(run_id).data.tags.get(VERSIONS, "[]"))
    return listed
