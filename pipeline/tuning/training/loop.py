"""The training loop, written once for every method and modality, on transformers' Trainer."""

from __future__ import annotations

import gc
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from transformers import EarlyStoppingCallback, PrinterCallback, TrainingArguments

from pipeline.data.forms.examples import Examples
from pipeline.errors import Problem, TuningError
from pipeline.models.devices import chosen_device
from pipeline.models.travelling.loading import TunedModel
from pipeline.models.travelling.text import TextModel
from pipeline.tuning.forms import form_of
from pipeline.tuning.forms.prepare import prepare
from pipeline.tuning.recorder import Progress
from pipeline.tuning.training.batch_loss import BatchLoss, lean
from pipeline.tuning.training.batches import Batches, Parts
from pipeline.tuning.training.callbacks import Bar, CheckpointSealer, StateKeeper
from pipeline.tuning.training.checkpoints import last_checkpoint, validations_in
from pipeline.tuning.training.devices import rank, world_size
from pipeline.tuning.training.schedule import Schedule, Training
from pipeline.tuning.training.states import log_spaced
from pipeline.tuning.training.trainer import Feed, Loop, summed_loss


def train(
    model: TunedModel,
    training: Examples,
    validation: Examples,
    schedule: Schedule,
    progress: Progress,
    checkpoints: Path | None = None,
    states: Path | None = None,
) -> Training:
    """Train the parameters that require gradients; leave the model in its best state.

    Parameters
    ----------
    model : TextModel or VisionModel
        Its network is trained in place: weights are too large to copy.
    training, validation : Examples
        Of the model's form. Training stops early when the loss on ``validation`` no longer falls.
    schedule : Schedule
    progress : callable
        Called with step and losses as they become known.
    checkpoints : Path, optional
        Folder of the checkpoints. A training that was killed goes on from the last one there, to
        the same result. Without a folder nothing is written, and the model is left in its last
        state: a search trial needs the loss only.
    states : Path, optional
        Folder in which states on the way are kept, as many as the settings say.

    Raises
    ------
    TuningError
        When examples do not fit the model, or the loss is no longer finite.
    """
    _set_libraries_aside()
    feed = _feed(model, training, validation, schedule)
    objective = _objective(model, training, validation)
    with lean(model.network, schedule.settings.gradient_checkpointing):
        trainer = Loop(objective, _arguments(schedule, checkpoints), feed)
        bar = _report_to(trainer, progress, schedule)
        if states:
            steps = log_spaced(schedule.settings.checkpoints, schedule.last_step)
            trainer.add_callback(StateKeeper(objective, states, steps))
        last = last_checkpoint(checkpoints) if checkpoints else None
        if last is None or not last.stopped:
            with closing(bar):
                trainer.train(resume_from_checkpoint=str(last.folder) if last else None)
            reached, best = trainer.state.global_step, trainer.state.best_metric
            validations = validations_in(trainer.state.log_history)
        else:
            objective.load_state_dict(last.best_weights())
            reached, best, validations = last.step, last.best_loss, last.validations
    model.network.eval()
    return Training(
        steps=reached,
        validation_loss=float(best),
        validations=validations,
        patience=schedule.settings.patience,
        resumed_at=last.step if last else 0,
    )


@cache
def _set_libraries_aside() -> None:
    """Let collections of garbage pass over what was there before a process's first training.

    accelerate collects in every training, and would go through half a million objects of libraries
    for a second each time. They stay until the process ends, whether set aside or not.
    """
    gc.collect()
    gc.freeze()


def _feed(model: TunedModel, training: Examples, validation: Examples, schedule: Schedule) -> Feed:
    """Prepare the examples, and decide which are taken at each step."""
    settings = schedule.settings
    if settings.batch_size < world_size():
        raise TuningError(_too_few(settings.batch_size))
    items, collate = prepare(model, training)
    held_out, _ = prepare(model, validation)
    batches = Batches(
        lengths=items.lengths,
        batch_size=settings.batch_size,
        steps=schedule.max_steps,
        seed=settings.seed,
        grouped=settings.group_by_length,
        rank=rank(),
        world_size=world_size(),
    )
    at_once = 0 if form_of(model.card).whole_batches else schedule.tokens_at_once
    padded = not isinstance(model, TextModel) or model.ignores_padding
    return Feed(items, held_out, batches, Parts(collate, at_once, padded))


def _objective(model: TunedModel, training: Examples, validation: Examples) -> BatchLoss:
    return BatchLoss(model.network, form_of(model.card).objective(model, training, validation))


def held_out_loss(
    model: TunedModel, training: Examples, validation: Examples, schedule: Schedule
) -> float:
    """Compute the loss of a model as it is on ``validation``, as :func:`train` would see it."""
    objective = _objective(model, training, validation).eval()
    device = next(model.network.parameters()).device
    feed = _feed(model, training, validation, schedule)
    parts = ({k: x.to(device) for k, x in part.items()} for part in feed.validation_parts())
    total, weight = summed_loss(objective, parts)
    return total / weight


def _too_few(batch_size: int) -> Problem:
    return Problem(
        "batch_size",
        f"at least one example for each of {world_size()} devices",
        str(batch_size),
        "Raise batch_size, or use fewer devices.",
    )


def _report_to(trainer: Any, progress: Progress, schedule: Schedule) -> Any:
    """Let a trainer report through ``progress`` and a bar alone, and stop early; give the bar."""
    bar = Bar(progress, schedule.last_step)
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(bar)
    trainer.add_callback(EarlyStoppingCallback(schedule.settings.patience))
    trainer.add_callback(CheckpointSealer())
    return bar


def _arguments(schedule: Schedule, checkpoints: Path | None) -> Any:
    recipe, settings = schedule.recipe, schedule.settings
    arguments = TrainingArguments(
        # by default Trainer makes a folder where the command was started, even to write nothing
        output_dir=str(checkpoints or tempfile.gettempdir()),
        max_steps=schedule.max_steps,
        learning_rate=schedule.learning_rate,
        optim=recipe.optimizer,
        optim_args=recipe.optimizer_settings or None,
        weight_decay=recipe.weight_decay,
        warmup_steps=recipe.warmup,  # below 1 it is a share of the steps
        lr_scheduler_type=recipe.schedule,
        max_grad_norm=recipe.clip,
        seed=settings.seed,
        bf16=schedule.bfloat16,
        use_cpu=chosen_device(settings.device) == "cpu",
        eval_strategy="steps",
        eval_steps=schedule.eval_every,
        save_strategy="steps" if checkpoints else "no",
        save_steps=schedule.eval_every,
        load_best_model_at_end=checkpoints is not None,
        restore_callback_states_from_checkpoint=True,
        metric_for_best_model="eval_loss",
        greater_is_better=False,
        logging_steps=min(10, schedule.eval_every),
        report_to=[],
        disable_tqdm=True,  # the bar is our own
        log_level="error",
    )
    # a process uses one device: several are for torchrun, not for Trainer's threads
    arguments._n_gpu = min(1, arguments.n_gpu)
    return arguments
