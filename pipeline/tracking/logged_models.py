"""Tuned models as MLflow's logged models: pyfuncs that carry their own code."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec
from numpy import dtype

from pipeline.models.saving import save_tuned
from pipeline.models.travelling.card import Card
from pipeline.tracking.names import valid_name
from pipeline.tracking.versions import CODE, copy_travelling, seal_model

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel

NEEDS = {
    "text": ("torch", "transformers", "peft", "safetensors"),
    "image": ("torch", "torchvision", "timm", "peft", "safetensors"),
}


@dataclass(frozen=True)
class LoggedModel:
    """A tuned model in its run, before it is registered.

    Parameters
    ----------
    model_id, uri : str
    bytes_stored : int
        Of card, weights and tokenizer.
    seals : mapping of str to str
        Tags by which a version of it is known to be whole: see :mod:`pipeline.tracking.versions`.
    """

    model_id: str
    uri: str
    bytes_stored: int
    seals: Mapping[str, str]


def log_model(model: TunedModel, base_uri: str) -> LoggedModel:
    """Log a tuned model to the active run as a pyfunc that carries its own code."""
    card = model.card
    with tempfile.TemporaryDirectory(prefix="tuned-") as name:
        tuned, code = Path(name) / "tuned", Path(name) / "travelling"
        save_tuned(model, tuned)
        copy_travelling(code)
        info = mlflow.pyfunc.log_model(
            name=valid_name(f"{card.base}-{card.task}-{card.method}"),
            python_model=str(CODE),
            artifacts={"tuned": str(tuned), "travelling": str(code)},
            model_config={"base_uri": base_uri},
            signature=_signature(card),
            # named, because inferring them takes longer than tuning a small model
            pip_requirements=[f"{p}=={installed(p)}" for p in ("mlflow", *NEEDS[card.modality])],
        )
        stored = sum(path.stat().st_size for path in tuned.rglob("*") if path.is_file())
    seals = seal_model(info.model_id, "" if card.storage == "whole" else base_uri)
    return LoggedModel(info.model_id, info.model_uri, stored, seals)


def _signature(card: Card) -> ModelSignature:
    """Say what goes in: pictures, texts, or (where a task may be about two) columns of a table."""
    from pipeline.models.travelling.forms import FORMS

    pictures = Schema([TensorSpec(dtype("uint8"), (-1, -1, -1, 3))])
    texts = Schema([ColSpec("string")])
    # optional even for spans, because features are asked for of single texts
    pairs = Schema([ColSpec("string", "text"), ColSpec("string", "text_pair", required=False)])
    may_be_two = card.form in FORMS and FORMS[card.form].takes_pairs
    inputs = pictures if card.modality == "image" else pairs if may_be_two else texts
    params = ParamSchema(
        [
            ParamSpec("output", "string", "task"),
            ParamSpec("batch_size", "integer", 64),
            ParamSpec("pooling", "string", "mean"),
            ParamSpec("tokens_at_once", "integer", 0),
            ParamSpec("prompt_room", "integer", -1),
        ]
    )
    # of the task itself; asked for features a model returns an array, one row a stimulus
    answers = Schema([ColSpec("string")])
    return ModelSignature(inputs=inputs, outputs=answers, params=params)
