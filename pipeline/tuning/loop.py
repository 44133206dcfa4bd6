"""The training loop, written once for every method and modality, on transformers' Trainer."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from pipeline.data.examples import Examples
from pipeline.errors import Problem, TuningError
from pipeline.models.travelling.loading import TunedModel
from pipeline.tuning.examples import loss_of, prepare
from pipeline.tuning.method import Recipe

Progress = Callable[[int, Mapping[str, float]], None]


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train.

    Parameters
    ----------
    recipe : Recipe
        Optimizer, weight decay, and the course of the learning rate.
    learning_rate : float
        Peak learning rate.
    max_steps, batch_size, eval_every, patience, seed : int
        As in TuneConfig.
    """

    recipe: Recipe
    learning_rate: float
    max_steps: int
    batch_size: int
    eval_every: int
    patience: int
    seed: int


@dataclass(frozen=True)
class Training:
    """What came of a training.

    Parameters
    ----------
    steps : int
        Optimiser steps taken before the last step or the early stop.
    validation_loss : float
        Of the state that was kept: the best one seen, in nats a target token or picture.
    """

    steps: int
    validation_loss: float


def train(
    model: TunedModel,
    training: Examples,
    validation: Examples,
    schedule: Schedule,
    progress: Progress,
) -> Training:
    """Train the parameters that require gradients; leave the model in its best state.

    Parameters
    ----------
    model : TextModel or VisionModel
        Its network is trained in place: weights are too large to copy.
    training, validation : TextPairs or LabelledImages
        Training stops early when the loss on ``validation`` no longer falls.
    schedule : Schedule
    progress : callable
        Called with step and losses as they become known.

    Raises
    ------
    TuningError
        When examples do not fit the model, or the loss is no longer finite.
    """
    items, collate = prepare(model, training)
    held_out, _ = prepare(model, validation)
    with tempfile.TemporaryDirectory(prefix="tuning-") as checkpoints:
        trainer = _loop_class(schedule.learning_rate)(
            model=model.network,
            args=_arguments(schedule, checkpoints),
            train_dataset=items,
            eval_dataset=held_out,
            data_collator=collate,
        )
        _set_callbacks(trainer, schedule.patience, progress)
        trainer.train()
        best = trainer.state.best_metric
    if best is None or not math.isfinite(best):
        raise TuningError(_diverged(schedule.learning_rate, "validation loss", best))
    model.network.eval()
    return Training(steps=trainer.state.global_step, validation_loss=float(best))


def _loop_class(learning_rate: float) -> Any:
    """Make the Trainer that computes our loss, whatever the network."""
    from transformers import Trainer

    class Loop(Trainer):  # type: ignore[misc]
        def compute_loss(
            self,
            model: Any,
            inputs: Mapping[str, torch.Tensor],
            return_outputs: bool = False,
            num_items_in_batch: Any = None,
        ) -> Any:
            loss = loss_of(model, inputs)
            if not torch.isfinite(loss):
                raise TuningError(_diverged(learning_rate, "loss", loss.item()))
            return (loss, {}) if return_outputs else loss

    return Loop


def _set_callbacks(trainer: Any, patience: int, progress: Progress) -> None:
    """Stop early, and report losses through ``progress`` and one bar instead of printing them."""
    from transformers import EarlyStoppingCallback, PrinterCallback, ProgressCallback

    class Bar(ProgressCallback):  # type: ignore[misc]
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            names = {"loss": "loss/train", "eval_loss": "loss/validation"}
            losses = {names[key]: float(logs[key]) for key in names if key in (logs or {})}
            if losses:
                progress(state.global_step, losses)
                self.training_bar.set_postfix(losses, refresh=False)

        def on_prediction_step(self, *_: Any, **__: Any) -> None:
            """Draw nothing: validations are too short for a bar of their own."""

    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(Bar())
    trainer.add_callback(EarlyStoppingCallback(patience))


def _arguments(schedule: Schedule, checkpoints: str) -> Any:
    from transformers import TrainingArguments

    every = min(schedule.eval_every, schedule.max_steps)
    recipe = schedule.recipe
    return TrainingArguments(
        output_dir=checkpoints,
        max_steps=schedule.max_steps,
        per_device_train_batch_size=schedule.batch_size,
        per_device_eval_batch_size=2 * schedule.batch_size,
        learning_rate=schedule.learning_rate,
        optim=recipe.optimizer,
        optim_args=recipe.optimizer_settings or None,
        weight_decay=recipe.weight_decay,
        warmup_steps=recipe.warmup,  # below 1 it is a share of the steps
        lr_scheduler_type=recipe.schedule,
        seed=schedule.seed,
        eval_strategy="steps",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model="eval_loss",
        greater_is_better=False,
        logging_steps=min(10, every),
        label_names=["labels"],
        prediction_loss_only=True,
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        report_to=[],
        disable_tqdm=True,  # the bar is our own
        log_level="error",
    )


def _diverged(learning_rate: float, what: str, value: float | None) -> Problem:
    return Problem(
        what,
        "a finite number",
        f"{value} at learning rate {learning_rate:g}",
        "Lower learning_rate, or search it with trials=<n>.",
    )
