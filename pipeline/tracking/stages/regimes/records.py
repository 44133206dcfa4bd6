"""Records of a tuning in a regime, in its run and in the registry."""

from __future__ import annotations

import mlflow

from pipeline.tracking.logged_models import log_model
from pipeline.tracking.registry import TASK_SCORE, register
from pipeline.tracking.runs import NOTE, log
from pipeline.tracking.stages.regimes.fold_places import FOLD, FOLD_DIGEST, TUNED_ON
from pipeline.tracking.stages.regimes.inputs import RegimeRequest
from pipeline.tracking.stages.tune.records import log_end, sizes_of, tags_of
from pipeline.tuning.regimes import RegimeTuned


def log_regime(tuned: RegimeTuned, request: RegimeRequest, base_uri: str) -> None:
    """Log scores and model to the active run, and register the model last of all.

    Parameters
    ----------
    tuned : RegimeTuned
    request : RegimeRequest
        What it was made from.
    base_uri : str
        Where the store keeps the base.
    """
    logged = log_model(tuned.model, base_uri)
    card, (name,) = tuned.model.card, request.task.scores
    sizes = sizes_of(tuned.model, logged.bytes_stored)
    scores = {f"validation/{name}": -tuned.loss, f"base/{name}": -tuned.loss_before}
    sizes_logged = {f"size/{k}": v for k, v in sizes.items()}
    learned = {"voxels": request.n_voxels} if request.n_voxels else {}
    mlflow.log_metrics({**scores, **learned, **sizes_logged}, model_id=logged.model_id)
    ending = {"stopped": tuned.training.stopped} if tuned.training else {}
    mlflow.set_tags({**ending, **request.origin()})
    if tuned.training:
        log_end(tuned.training)
        steps = tuned.choice.searched_steps + tuned.training.steps
        mlflow.log_metric("examples", steps * request.config.batch_size)
    place = request.place
    own = {FOLD: str(place.number), FOLD_DIGEST: place.digest} if request.belongs else {}
    tags = {
        **tags_of(card, request, sizes, -tuned.loss),
        "learning_rate": f"{tuned.choice.learning_rate:g}",
        **ending,
        TASK_SCORE: f"{name} {-tuned.loss:.4f}",
        TUNED_ON: request.brain,
        **own,
        **logged.seals,
    }
    where = f"fold {place.number} of {request.brain}" if request.belongs else request.brain
    verdict = f"{where}: {name} {-tuned.loss_before:.3f} before and {-tuned.loss:.3f} after, on "
    verdict += "training stimuli held out inside the fold"
    registered = register(logged.uri, request.name, tags, f"{card.method}, {verdict}")
    log.info("  %s: %s", registered.title, verdict)
    mlflow.set_tag(NOTE, f"{registered.title}: {verdict}\n\nRegistered as `{registered.uri}`.")
