"""Records of a tuning, in its run and in the registry."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import mlflow

from pipeline.models.travelling.card import Card
from pipeline.tracking.claims import process_tag
from pipeline.tracking.logged_models import log_model
from pipeline.tracking.registry import MEASURE, TASK_SCORE, register
from pipeline.tracking.runs import NOTE, log
from pipeline.tracking.stages.tune.inputs import TuneRequest, model_name
from pipeline.tracking.stages.tune.untuned import log_untuned
from pipeline.tuning.forms import form_of
from pipeline.tuning.recipe import Recipe
from pipeline.tuning.search.choices import Choice
from pipeline.tuning.search.search import Outcome
from pipeline.tuning.training.schedule import Training
from pipeline.tuning.tuned import Tuned

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel

#: Tag of a tune run whose examples were cut, and family of its metrics that count them.
CUT_EXAMPLES = "examples_cut"
BERTSCORE = "bertscore"  # the tag that names the model behind these scores
_USED = (
    "optimizer",
    "optimizer_settings",
    "learning_rate",
    "schedule",
    "warmup",
    "weight_decay",
    "clip",
)


@dataclass(frozen=True)
class RunRecorder:
    """Records a tuning in the active run, and each search trial in a run nested in it."""

    title: str

    def settled(self, recipe: Recipe, choice: Choice) -> None:
        """Log as params what the settings left to the recipe or to the search."""
        used = {**asdict(recipe), "learning_rate": choice.learning_rate}
        mlflow.log_params({f"recipe/{name}": used[name] for name in _USED})

    def progress(self, step: int, metrics: Mapping[str, float]) -> None:
        """Log losses at a step."""
        mlflow.log_metrics(dict(metrics), step=step)

    @contextmanager
    def trial(self, number: int, choice: Choice) -> Iterator[RunRecorder]:
        """Open the run of one search trial."""
        tags = {"stage": "trial", "trial": str(number), **process_tag()}
        with mlflow.start_run(run_name=f"{self.title} trial {number}", nested=True, tags=tags):
            mlflow.log_params(
                {"learning_rate": choice.learning_rate, "prompt_length": choice.prompt_length}
            )
            yield self

    def outcome(self, outcome: Outcome) -> None:
        """Tag a trial's run with how it ended, and log the loss that the search compares."""
        mlflow.set_tag("outcome", outcome.kind)
        if outcome.kind == "complete":
            mlflow.log_metric("validation_loss", outcome.loss)


def log_tuned(
    tuned: Tuned, request: TuneRequest, base_uri: str, further: Mapping[str, str]
) -> None:
    """Log scores and model to the active run, and register the model last of all.

    Parameters
    ----------
    tuned : Tuned
    request : TuneRequest
        What it was made from.
    base_uri : str
        Where the store keeps the base.
    further : mapping of str to str
        Further tags of the version.
    """
    logged = log_model(tuned.model, base_uri)
    scores: dict[str, float] = {
        f"task/{metric}": score.mean for metric, score in tuned.test.items()
    }
    scores |= {f"task/{metric}_error": score.error for metric, score in tuned.test.items()}
    scores |= {f"validation/{metric}": score.mean for metric, score in tuned.validation.items()}
    scores |= {f"base/{metric}": score.mean for metric, score in tuned.base_test.items()}
    scores |= {f"constant/{metric}": s.mean for metric, s in tuned.constant_test.items()}
    sizes = sizes_of(tuned.model, logged.bytes_stored)
    mlflow.log_metrics(
        {**scores, **{f"size/{k}": v for k, v in sizes.items()}}, model_id=logged.model_id
    )
    if cut := texts_cut(tuned.cuts):
        log.warning("  %s", cut)
        mlflow.log_metrics({f"{CUT_EXAMPLES}/{split}": n for split, n in tuned.cuts.items()})
        mlflow.set_tag(CUT_EXAMPLES, cut)
    how_it_ended = _how_it_ended(tuned)
    scorer = {BERTSCORE: request.scorer_name} if request.scorer_name else {}
    mlflow.set_tags({**how_it_ended, **scorer, **request.origin()})
    if tuned.training:
        log_end(tuned.training)
        # what was allowed is in the params; trials and trainings may end before
        steps = tuned.choice.searched_steps + tuned.training.steps
        mlflow.log_metric("examples", steps * request.config.batch_size)
    card = tuned.model.card
    if card.method == "base":
        log_untuned(tuned.test, request)
    tags = {
        **tags_of(card, request, sizes, tuned.validation[tuned.primary].mean),
        "learning_rate": f"{tuned.choice.learning_rate:g}",
        **how_it_ended,
        **scorer,
        **{f"task/{k}": f"{v.mean:.4f}" for k, v in tuned.test.items()},
        TASK_SCORE: f"{tuned.primary} {tuned.test[tuned.primary].mean:.4f}",
        **logged.seals,
        **further,
    }
    verdict = "; ".join(filter(None, (_verdict(tuned), texts_cut(tuned.cuts))))
    registered = register(logged.uri, model_name(request.config), tags, f"{card.method}: {verdict}")
    log.info("  %s: %s", registered.title, verdict)
    mlflow.set_tag(NOTE, f"{registered.title}: {verdict}\n\nRegistered as `{registered.uri}`.")


def tags_of(
    card: Card, request: TuneRequest, sizes: Mapping[str, int], validation_score: float
) -> dict[str, str]:
    """Give the tags of a version that say what it is and what it was made from."""
    return {
        "method": card.method,
        "task": card.task,
        "base": card.base,
        "base_digest": card.base_digest[:16],
        **request.origin(),
        "data_digest": request.data.digest[:16],
        MEASURE: request.measure(),
        "modality": card.modality,
        "prompt_length": str(card.prompt_length),
        "seed": str(request.config.seed),
        "validation_score": repr(validation_score),
        **{k: str(v) for k, v in sizes.items()},
    }


def texts_cut(cuts: Mapping[str, int]) -> str:
    """Say how many examples a model read in part; empty where it read all of every one."""
    if not any(cuts.values()):
        return ""
    return (
        f"{cuts['train']} training and {cuts['test']} test examples are longer than the context "
        "has room for beside the prompt, and are read in part"
    )


def _how_it_ended(tuned: Tuned) -> dict[str, str]:
    """Say whether a model beats base and constant answer, and why its training ended."""
    verdicts = {"beats_base": tuned.beats_base, "beats_constant": tuned.beats_constant}
    tags = {name: str(known).lower() for name, known in verdicts.items() if known is not None}
    if tuned.training:
        tags["stopped"] = tuned.training.stopped
    return tags


def log_end(training: Training) -> None:
    """Log how far a training went, and how fast its validation loss still changed."""
    mlflow.log_metric("steps", training.steps)
    if not math.isnan(training.slope):
        mlflow.log_metric("loss/validation_slope", training.slope)
    if training.resumed_at:
        mlflow.set_tag("resumed_at_step", str(training.resumed_at))


def _verdict(tuned: Tuned) -> str:
    primary = tuned.primary
    test, base = tuned.test[primary], tuned.base_test[primary]
    rivals = f"untuned base {base.mean:.3f}"
    form = form_of(tuned.model.card)
    if not form.own_head and not form.starts_at_means:
        rivals += ", whose head is random: chance"
    if tuned.constant_test:
        rivals += f", most frequent class {tuned.constant_test[primary].mean:.3f}"
    verdict = f"{primary} {test.mean:.3f} ± {test.error:.3f} ({rivals})"
    if tuned.beats_base is False:
        verdict += "; **not better than its base** (95 %)"
    if tuned.beats_constant is False:
        verdict += "; **not better than one class for all** (95 %)"
    if tuned.training and tuned.training.stopped == "budget" and tuned.training.slope < 0:
        verdict += (
            f"; ended by its budget of {tuned.training.steps} steps, validation loss still "
            f"falling by {-tuned.training.slope:.2g} in 100"
        )
    return verdict


def sizes_of(model: TunedModel, stored: int) -> dict[str, int]:
    """Count what a model trains, all it has, and the bytes that its version stores."""
    parameters = list(model.network.parameters())
    return {
        "trainable_parameters": sum(p.numel() for p in parameters if p.requires_grad),
        "total_parameters": sum(p.numel() for p in parameters),
        "bytes_stored": stored,
    }
