"""Features of another tool, registered as a model that is not here: the same align scores them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow
import numpy as np
from mlflow.entities import Run
from numpy.typing import NDArray

from pipeline.brains.dataset import BrainDataset
from pipeline.config import AlignConfig
from pipeline.errors import PipelineError
from pipeline.extraction.foreign import foreign_layers
from pipeline.extraction.spool import Spool
from pipeline.extraction.store import Origin
from pipeline.tracking.brain_inputs import brain_input
from pipeline.tracking.fingerprints import fingerprint
from pipeline.tracking.names import valid_name
from pipeline.tracking.registered import Registered, made_by, sole_version_of
from pipeline.tracking.registry import register
from pipeline.tracking.runs import NOTE, Stage, logged_folder, once, visible_refusal
from pipeline.tracking.seals import is_whole
from pipeline.tracking.stages.extract import Extracted
from pipeline.words import NO_TASK

#: By the name that each layer has in the folder, shape (n_stimuli, n_features).
ForeignLayers = Mapping[str, NDArray[np.float32]]

METHOD = "features"
LAYERS = "layers.json"


def foreign_features(config: AlignConfig, brain: BrainDataset) -> tuple[Registered, Extracted]:
    """Take the features of a folder into the store, or find those that were taken before.

    Parameters
    ----------
    config : AlignConfig
        ``features`` names the folder, ``model`` the model that computed them.
    brain : BrainDataset

    Returns
    -------
    Registered
        A version without any files, to which scores are logged.
    Extracted

    Raises
    ------
    DataError
        See :func:`pipeline.extraction.foreign.foreign_layers`.
    """
    with visible_refusal(_stage(config, brain)):
        layers = foreign_layers(Path(config.features).expanduser(), brain.stimuli)

    def work(_: Run) -> None:
        mlflow.log_input(brain_input(brain), context="stimuli")
        registered = _register(config.model, brain)
        with TemporaryDirectory(prefix="features-") as raw, logged_folder() as folder:
            spool = Spool(Path(raw), len(brain.stimuli))
            spool.put(range(len(brain.stimuli)), list(layers.values()))
            widths = spool.write(_origin(registered, brain), folder)
        mlflow.log_metrics({"layers": len(widths), "features": max(widths.values(), default=0)})
        mlflow.log_dict({f"layer_{n:02d}": name for n, name in enumerate(layers)}, LAYERS)

    def is_readable(run: Run) -> bool:
        registered = made_by(run.info.run_id)
        if registered is None:
            return False
        with suppress(PipelineError):
            Extracted(run.info.run_id, _origin(registered, brain)).read()
            return is_whole(run)
        return False

    run_id = once(foreign_stage(config, layers, brain), work, is_readable)
    version = sole_version_of(run_id)
    return version, Extracted(run_id, _origin(version, brain))


def foreign_stage(config: AlignConfig, layers: ForeignLayers, brain: BrainDataset) -> Stage:
    """Describe the stage with its inputs at hand: the layers that were read from the folder."""
    inputs = {"features": _digest(layers), "stimuli": brain.stimuli.digest}
    mark = fingerprint("foreign", {"model": config.model}, inputs, foreign_features)
    stage = _stage(config, brain)
    return stage.settled(stage.title, mark, {}, {})


def _stage(config: AlignConfig, brain: BrainDataset) -> Stage:
    """Describe the stage by its settings alone."""
    names = {"base": config.model, "task": NO_TASK, "method": METHOD, "seed": "0"}
    return Stage(
        "extract",
        f"features of {config.model} for {brain.name}",
        settings={**names, "features": config.features},
        tags={**names, "brain": brain.name},
    )


def _origin(registered: Registered, brain: BrainDataset) -> Origin:
    return Origin(registered.uri, brain.name, brain.stimuli.digest, "")


def _register(name: str, brain: BrainDataset) -> Registered:
    model = mlflow.create_external_model(name=valid_name(name))
    tags = {
        "method": METHOD,
        "task": NO_TASK,
        "base": name,
        "seed": "0",
        "modality": brain.stimuli.modality,
        "prompt_length": "0",
        "trainable_parameters": "0",
    }
    note = f"Features that another tool computed for the stimuli of {brain.name}; no model."
    mlflow.set_tag(NOTE, note)
    return register(f"models:/{model.model_id}", valid_name(name), tags, note)


def _digest(layers: ForeignLayers) -> str:
    """Sum up names, order and values."""
    digest = hashlib.sha256()
    for name, x in layers.items():
        digest.update(f"{name} {x.shape} ".encode())
        digest.update(np.ascontiguousarray(x).tobytes())
    return digest.hexdigest()
