"""Accuracy of a registered version on minimal pairs: computed once, and looked up."""

from __future__ import annotations

from collections.abc import Sequence

import mlflow
import pandas as pd
from mlflow.entities import Run

from pipeline.data.minimal_pairs import Phenomenon, digest_of_pairs
from pipeline.models.devices import place
from pipeline.tracking.fetching import scratch_folder
from pipeline.tracking.fingerprints import fingerprint
from pipeline.tracking.names import metric_name
from pipeline.tracking.registered import Registered
from pipeline.tracking.registry import require_sound
from pipeline.tracking.runs import NOTE, Stage, artifact, log, once
from pipeline.tracking.seals import is_whole
from pipeline.tracking.versions import only_from_source

STAGE, TITLE = "minimal-pairs", "minimal pairs"
FILE = "minimal_pairs.csv"
OTHER_HEAD = "its head names no words, or its tokenizer has no token to ask for them by"


def run_minimal_pairs(registered: Registered, phenomena: Sequence[Phenomenon]) -> str:
    """Score a version on minimal pairs, or find the run that did.

    Returns
    -------
    str
        Id of the run; empty for a version that names no words.

    Raises
    ------
    RegistryError
        The version is damaged.
    """
    if registered.tags["modality"] != "text":
        return ""
    require_sound(registered, trusted=False)

    def work(_: Run) -> None:
        table = _scored(registered, phenomena)
        mlflow.log_text(table.to_csv(index=False), FILE)
        if table.empty:
            mlflow.set_tag(NOTE, f"{registered.title}: {OTHER_HEAD}")
            return
        mean = float(table.accuracy.mean())
        each = zip(table.phenomenon, table.accuracy, strict=True)
        metrics = {metric_name("minimal_pairs", name): value for name, value in each}
        mlflow.log_metrics({**metrics, "minimal_pairs": mean}, model_id=registered.model_id)
        log.info("  minimal pairs: %.3f", mean)

    return once(minimal_pairs_stage(registered, phenomena), work, is_whole)


def minimal_pairs_stage(registered: Registered, phenomena: Sequence[Phenomenon]) -> Stage:
    """Describe the stage with its inputs at hand."""
    inputs = {"model": registered.model_id, "pairs": digest_of_pairs(phenomena)}
    return Stage(
        STAGE,
        registered.title_of(TITLE),
        fingerprint("minimal-pairs", {}, inputs, run_minimal_pairs),
        {"model": registered.uri},
        registered.names,
    )


def read_accuracies(run_id: str) -> pd.DataFrame:
    """Read phenomenon, accuracy and n_pairs; no rows of a version that names no words."""
    try:
        return pd.read_csv(artifact(run_id, FILE), dtype={"phenomenon": str})
    except pd.errors.EmptyDataError:
        return pd.DataFrame()


def _scored(registered: Registered, phenomena: Sequence[Phenomenon]) -> pd.DataFrame:
    from pipeline.tuning.scores.minimal_pairs import accuracy, names_words

    scratch = scratch_folder(mlflow.get_run(registered.run_id).info.artifact_uri)
    with only_from_source():
        loaded = mlflow.pyfunc.load_model(registered.uri, dst_path=scratch)
        model = loaded.unwrap_python_model().tuned
        if not names_words(model):
            return pd.DataFrame()
        place(model.network, "auto", "float32")
        rows = [
            {"phenomenon": one.name, "accuracy": accuracy(model, one), "n_pairs": len(one.good)}
            for one in phenomena
        ]
    return pd.DataFrame(rows)
