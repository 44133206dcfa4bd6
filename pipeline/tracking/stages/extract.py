"""``extract``: a registered version and a brain dataset's stimuli in, features out."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import mlflow
import numpy as np
import pandas as pd
from mlflow.entities import Run
from numpy.typing import NDArray

from pipeline.brains.dataset import BrainDataset
from pipeline.brains.load import load_brain
from pipeline.config import ExtractConfig
from pipeline.errors import ConfigError, PipelineError, Problem, refuse
from pipeline.features.store import FILE, Origin, by_layer, read_features, write_features
from pipeline.tracking.brain_inputs import brain_input
from pipeline.tracking.fetching import scratch_folder
from pipeline.tracking.fingerprints import fingerprint
from pipeline.tracking.registry import Registered, require_sound, resolve
from pipeline.tracking.runs import Stage, artifact, logged_folder, once, visible_refusal
from pipeline.tracking.seals import is_whole
from pipeline.tracking.versions import only_from_source
from pipeline.words import POOLINGS, Pooling


@dataclass(frozen=True)
class Extracted:
    """Features of one version for one set of stimuli, and the run that holds them."""

    run_id: str
    origin: Origin

    def read(self) -> Mapping[str, NDArray[np.float32]]:
        """Read the features of every layer."""
        return read_features(artifact(self.run_id, FILE), self.origin)


def run_extract(config: ExtractConfig) -> Extracted:
    """Compute and log features, or find those computed before.

    Raises
    ------
    PipelineError
        When the model is not registered or is damaged, the brain dataset cannot be read, or the
        two are of different modalities.
    """
    with visible_refusal(_stage(config)):
        registered = resolve(config.model)
        brain = load_brain(config.brain, config.brain_dir)
    return extract_features(config, registered, brain)


def extract_features(
    config: ExtractConfig, registered: Registered, brain: BrainDataset
) -> Extracted:
    """Do what :func:`run_extract` does with a version and a brain dataset that are at hand.

    Parameters
    ----------
    config : ExtractConfig
        Or of an alignment. Its model is not looked up again: an alias may have moved meanwhile.
    registered : Registered
    brain : BrainDataset

    Raises
    ------
    PipelineError
        When the version is damaged, or of another modality than the stimuli.
    """
    stage = _stage(config)
    with visible_refusal(stage):
        require_sound(registered, config.trust_registry)
        _check(config, registered, brain)
    origin = Origin(registered.uri, brain.name, brain.stimuli.digest, config.pooling)
    inputs = {"model": registered.model_id, "stimuli": brain.stimuli.digest}
    stage = stage.settled(
        f"extract {registered.title} for {brain.name}",
        fingerprint("extract", {"pooling": config.pooling}, inputs, extract_features),
        {"model": registered.uri},
        {"brain": brain.name, **registered.names},
    )

    def work(_: Run) -> None:
        mlflow.log_input(brain_input(brain), context="stimuli")
        items = brain.stimuli.items
        layers = features_of(registered, items, config.pooling, config.batch_size)
        with logged_folder() as folder:
            write_features(layers, origin, folder)
        widths = [x.shape[1] for x in layers.values()]
        mlflow.log_metrics({"layers": len(layers), "features": max(widths)})

    def is_readable(run: Run) -> bool:
        with suppress(PipelineError):
            Extracted(run.info.run_id, origin).read()
            return is_whole(run)
        return False

    return Extracted(once(stage, work, is_readable), origin)


def _stage(config: ExtractConfig) -> Stage:
    """Describe the stage by its settings alone."""
    title = f"extract {config.model} for {config.brain}"
    settings = config.model_dump(include=set(ExtractConfig.model_fields))
    return Stage("extract", title, "", settings, {"brain": config.brain})


def features_of(
    registered: Registered,
    items: tuple[str, ...] | NDArray[np.uint8],
    pooling: Pooling,
    batch_size: int,
) -> dict[str, NDArray[np.float32]]:
    """Ask the registered version itself, through MLflow, as any of its users would.

    Parameters
    ----------
    registered : Registered
    items : tuple of str, or ndarray of uint8, shape (n_stimuli, height, width, 3)
        Of the version's modality.
    pooling : {'mean', 'last', 'class'}
    batch_size : int

    Returns
    -------
    dict of str to ndarray of float32, shape (n_stimuli, n_features)
        See :func:`pipeline.features.store.by_layer`.

    Raises
    ------
    PipelineError
        The model has no such pooling, or its features are not finite.
    """
    stimuli = pd.DataFrame({"text": items}) if isinstance(items, tuple) else items
    asked = {"output": "features", "pooling": pooling, "batch_size": batch_size}
    scratch = scratch_folder(mlflow.get_run(registered.run_id).info.artifact_uri)
    with only_from_source():
        model = mlflow.pyfunc.load_model(registered.uri, dst_path=scratch)
        poolings = model.unwrap_python_model().tuned.poolings
        if pooling not in poolings:
            expected = f"{' or '.join(poolings)}, which {registered.uri} has"
            raise ConfigError(Problem("pooling", expected, f"'{pooling}'", "Change pooling."))
        return by_layer(model.predict(stimuli, params=asked))


def _check(config: ExtractConfig, registered: Registered, brain: BrainDataset) -> None:
    modality = registered.tags["modality"]
    problems = []
    if brain.stimuli.modality != modality:
        problems.append(
            Problem(
                "brain",
                f"{modality} stimuli, as {registered.name} takes",
                f"'{brain.name}', whose stimuli are {brain.stimuli.modality}",
                "Choose a brain dataset of the model's modality.",
            )
        )
    if config.pooling not in POOLINGS[modality]:
        problems.append(
            Problem(
                "pooling",
                f"{' or '.join(POOLINGS[modality])} for {modality}",
                f"'{config.pooling}'",
                "Change pooling.",
            )
        )
    refuse(problems, ConfigError)
