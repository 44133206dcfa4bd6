"""Steps and validations of a training: our part of transformers' Trainer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import DataLoader
from transformers import Trainer

from pipeline.errors import Problem
from pipeline.tuning.forms.prepare import Items, n_supervised
from pipeline.tuning.training.batches import Batches, BatchParts, Parts, in_order_of_length
from pipeline.tuning.training.devices import rank, world_size
from pipeline.tuning.training.schedule import DivergedError


@dataclass(frozen=True)
class Feed:
    """What is trained and validated on.

    Parameters
    ----------
    training, validation : Items
    batches : Batches
        Which of the training items each step takes.
    parts : Parts
        How a batch is cut and collated.
    """

    training: Items
    validation: Items
    batches: Batches
    parts: Parts

    def training_batches(self) -> DataLoader[BatchParts]:
        """Load this process's share of each step's batch, in parts."""
        positions = map(tuple, self.training.positions.tolist())
        pairs = list(zip(self.training.items, positions, strict=True))
        return DataLoader(pairs, batch_sampler=self.batches, collate_fn=self.parts)  # type: ignore[arg-type]

    def validation_parts(self) -> Iterator[dict[str, torch.Tensor]]:
        """Collate this process's share of the validation items, part after part."""
        yield from self.parts.of(in_order_of_length(self.validation, rank(), world_size()))


class Loop(Trainer):  # type: ignore[misc]
    """Adds up gradients over parts of a batch, and weighs every supervised token the same."""

    def __init__(self, objective: torch.nn.Module, arguments: Any, feed: Feed) -> None:
        super().__init__(
            model=objective,
            args=arguments,
            train_dataset=feed.training,
            eval_dataset=feed.validation,
        )
        self.feed = feed

    def get_train_dataloader(self) -> DataLoader[BatchParts]:
        """Load batches in parts."""
        return self.feed.training_batches()

    def floating_point_ops(self, inputs: Any) -> int:
        """Count none: Trainer would guess them from a batch in one part."""
        return 0

    def training_step(
        self, model: Any, inputs: BatchParts, num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """Accumulate the gradients of a batch; return its loss.

        All parts together, on all devices, count as one batch: the loss is the mean over all
        that is supervised in it, wherever it was cut.
        """
        model.train()
        supervised = [n_supervised(part) for part in inputs]
        whole = self._sum(float(sum(supervised)))
        total = torch.zeros((), device=self.args.device)
        for number, part in enumerate(inputs, start=1):
            # gradients are averaged over devices once, with the last part
            alone = number < len(inputs)
            with self.accelerator.no_sync(model) if alone else nullcontext():
                share = supervised[number - 1] * world_size() / whole
                loss = model(self._prepare_inputs(part)) * share
                self.accelerator.backward(loss)
            total += loss.detach()
        self._refuse_if_not_finite("loss", self._sum(total.item()) / world_size())
        return total

    def evaluate(
        self, eval_dataset: Any = None, ignore_keys: Any = None, metric_key_prefix: str = "eval"
    ) -> dict[str, float]:
        """Compute the mean loss over all that is supervised in the validation split."""
        self.model.eval()
        parts = map(self._prepare_inputs, self.feed.validation_parts())
        total, weight = summed_loss(self.model, parts)
        mean = self._sum(total) / self._sum(weight)
        self._refuse_if_not_finite("validation loss", mean)
        metrics = {"eval_loss": mean}
        self.log(metrics)
        self.control: Any = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def _sum(self, value: float) -> float:
        """Add a number up over devices."""
        if world_size() == 1:
            return value
        numbers = torch.tensor(value, dtype=torch.float64)
        torch.distributed.all_reduce(numbers)
        return float(numbers)

    def _refuse_if_not_finite(self, what: str, value: float) -> None:
        """Break off before the step that would spoil the weights, on all devices at once."""
        if not math.isfinite(value):
            raise DivergedError(_diverged(self.args.learning_rate, what, value))


def summed_loss(
    objective: torch.nn.Module, parts: Iterable[dict[str, torch.Tensor]]
) -> tuple[float, float]:
    """Add up the loss over all that is supervised in some parts, and how much that is."""
    total = weight = 0.0
    for part in parts:
        with torch.no_grad():  # what a network keeps of a pass may be trained with after it
            loss = objective(part)
        total += loss.item() * n_supervised(part)
        weight += n_supervised(part)
    return total, weight


def _diverged(learning_rate: float, what: str, value: float) -> Problem:
    return Problem(
        what,
        "a finite number",
        f"{value} at learning rate {learning_rate:g}",
        "Lower learning_rate, or search it with trials=<n>.",
    )
