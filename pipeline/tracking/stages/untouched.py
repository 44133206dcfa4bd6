"""Bases that nothing was done to, registered by themselves: no task, no head, no training.

``align -P model=DIRECTORY`` asks for one, as does a name in BASES or a model of the hub.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
from mlflow.entities import Run

from pipeline.models.bases import Base
from pipeline.models.hub_bases import revision_of
from pipeline.models.travelling.card import Card, base_digest
from pipeline.tracking.fingerprints import fingerprint
from pipeline.tracking.kept_bases import keep_base
from pipeline.tracking.logged_models import log_model
from pipeline.tracking.missing_names import SCHEME, named_base
from pipeline.tracking.names import valid_name
from pipeline.tracking.registered import Registered, resolve, sole_version_of
from pipeline.tracking.registry import made_whole_by, register
from pipeline.tracking.runs import NOTE, Stage, once, within_another_stage
from pipeline.words import NO_TASK

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel

METHOD = "base"


def version_of(model: str) -> Registered:
    """Find a registered version, or register the base that is named instead of one.

    Parameters
    ----------
    model : str
        ``models:/<name>@<alias>`` or ``models:/<name>/<version>``; or a name in BASES, a directory,
        or ``organisation/name`` of the hub.

    Raises
    ------
    PipelineError
        When it is neither, or a base that cannot be reached, is damaged or cannot be read.
    """
    return resolve(model) if model.startswith(SCHEME) else _untouched(named_base(model))


def _untouched(base: Base) -> Registered:
    """Register a base under its own name, or find the version that it has."""
    from pipeline.models.travelling.loading import load_untouched
    from pipeline.tuning.loading import reading_errors_as_refusals

    folder = base.folder()
    card = Card(
        base=base.name,
        base_digest=base_digest(folder),
        modality=base.modality,
        task=NO_TASK,
        method=METHOD,
        storage="nothing",
        form="features",
    )
    with within_another_stage():
        base_uri = keep_base(base, folder)

    def work(_: Run) -> None:
        with reading_errors_as_refusals(base.name):
            model = load_untouched(folder, card)
        _register(model, base_uri, revision_of(folder))

    with within_another_stage():
        run_id = once(
            untouched_stage(base, folder),
            work,
            lambda run: made_whole_by(run.info.run_id) is not None,
        )
    return sole_version_of(run_id)


def untouched_stage(base: Base, folder: Path) -> Stage:
    """Describe the run that registers a base: its name and its files decide what comes of it."""
    from pipeline.models.travelling.loading import load_untouched

    names = {"base": base.name, "task": NO_TASK, "method": METHOD}
    inputs = {"base": base_digest(folder)}
    return Stage(
        name="tune",
        title=f"base {base.name} as it is",
        fingerprint=fingerprint("untouched", {"base": base.name}, inputs, load_untouched),
        settings=names,
        tags={**names, "seed": "0"},
    )


def _register(model: TunedModel, base_uri: str, revision: str) -> None:
    from pipeline.tuning.self_test import refuse_unreadable

    card = model.card
    refuse_unreadable(model)
    logged = log_model(model, base_uri)
    tags = {
        "method": card.method,
        "task": card.task,
        "base": card.base,
        "base_digest": card.base_digest[:16],
        "base_revision": revision or "local",
        "modality": card.modality,
        "prompt_length": "0",
        "seed": "0",
        "trainable_parameters": "0",
        "total_parameters": str(sum(p.numel() for p in model.network.parameters())),
        "bytes_stored": str(logged.bytes_stored),
        **logged.seals,
    }
    note = "The base as it is: no task, no head, nothing trained. It has features alone."
    mlflow.set_tag(NOTE, note)
    register(logged.uri, valid_name(card.base), tags, note)
