"""``extract``: a registered version and a brain dataset's stimuli in, features out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow
import numpy as np
from mlflow.entities import Run
from numpy.typing import NDArray

from pipeline.brains.dataset import BrainDataset
from pipeline.brains.load import load_brain
from pipeline.config import ExtractConfig
from pipeline.errors import ConfigError, PipelineError, Problem, RegistryError, refuse
from pipeline.extraction.cuts import Cuts, count_cuts, prompt_room_problems, room_problems
from pipeline.extraction.spool import Spool
from pipeline.extraction.store import FILE, Origin, read_features, read_shapes
from pipeline.models.devices import place
from pipeline.progress import follow
from pipeline.tracking.brain_inputs import brain_input
from pipeline.tracking.fetching import scratch_folder
from pipeline.tracking.fingerprints import fingerprint
from pipeline.tracking.registered import Registered
from pipeline.tracking.registry import require_sound
from pipeline.tracking.remembered import run_with
from pipeline.tracking.runs import NOTE, Stage, artifact, log, logged_folder, once, visible_refusal
from pipeline.tracking.seals import is_whole
from pipeline.tracking.stages.untouched import version_of
from pipeline.tracking.versions import only_from_source
from pipeline.tracking.weightless import weight_problems
from pipeline.words import POOLINGS

#: Metrics of an extract run: stimuli that are longer than what is read of them, and by how much.
CUT_STIMULI, CUT_TOKENS = "stimuli_cut", "tokens_cut"
#: Settings that features depend on.
HEEDED = {"pooling", "prompt_room", "dtype", "context", "prompt_positions"}
OPTIONS = {"pooling", "tokens_at_once", "prompt_room", "dtype", "prompt_positions"}


@dataclass(frozen=True)
class Extracted:
    """Features of one version for one set of stimuli, and the run that holds them."""

    run_id: str
    origin: Origin

    def read(self) -> Mapping[str, NDArray[np.float32]]:
        """Read the features of every layer."""
        return read_features(artifact(self.run_id, FILE), self.origin)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Read how many stimuli and features every layer has, and none of their values."""
        return read_shapes(artifact(self.run_id, FILE))

    @property
    def n_cut(self) -> int:
        """How many stimuli are longer than what was read of them."""
        return int(run_with(self.run_id).data.metrics.get(CUT_STIMULI, 0))


def run_extract(config: ExtractConfig) -> Extracted:
    """Compute and log features, or find those computed before.

    Raises
    ------
    PipelineError
        When the model is not registered or is damaged, the brain dataset cannot be read, or the
        two are of different modalities.
    """
    with visible_refusal(_stage(config)):
        registered = version_of(config.model)
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
    with visible_refusal(_stage(config)):
        require_sound(registered, config.trust_registry)
        modality = registered.tags["modality"]
        refuse(stimulus_problems(config, registered.name, modality, brain), ConfigError)
    stimuli = brain.stimuli
    config = _heeded(config, registered)
    origin = Origin(
        registered.uri,
        brain.name,
        stimuli.digest,
        config.pooling,
        config.context,
        config.prompt_positions,
    )
    stage = extract_stage(config, registered, brain)

    def work(_: Run) -> None:
        mlflow.log_input(brain_input(brain), context="stimuli")
        refuse(weight_problems(registered), RegistryError)
        options = config.model_dump(include=OPTIONS)
        with TemporaryDirectory(prefix="features-") as raw, logged_folder() as folder:
            spool = Spool(Path(raw), len(stimuli))
            contexts = stimuli.contexts() if config.context == "passage" else ()
            cuts = spool_features(
                registered, stimuli.items, options, config.device, spool, contexts
            )
            widths = spool.write(origin, folder)
        mlflow.log_metrics({"layers": len(widths), "features": max(widths.values(), default=0)})
        if cuts.n_stimuli:
            mlflow.log_metrics({CUT_STIMULI: cuts.n_stimuli, CUT_TOKENS: cuts.n_tokens})
            mlflow.set_tag(NOTE, str(cuts))

    def is_readable(run: Run) -> bool:
        with suppress(PipelineError):
            Extracted(run.info.run_id, origin).read()
            return is_whole(run)
        return False

    extracted = Extracted(once(stage, work, is_readable), origin)
    if extracted.n_cut:  # told of features that are reused, too
        log.warning("  %s", mlflow.get_run(extracted.run_id).data.tags[NOTE])
    return extracted


def extract_stage(config: ExtractConfig, registered: Registered, brain: BrainDataset) -> Stage:
    """Describe the stage with its inputs at hand."""
    inputs = {"model": registered.model_id, "stimuli": brain.stimuli.digest}
    if config.context == "passage":
        inputs["groups"] = "\0".join(brain.stimuli.groups.tolist())
    return _stage(config).settled(
        f"{registered.title_of('extract')} for {brain.name}",
        fingerprint(
            "extract",
            _heeded(config, registered).model_dump(include=HEEDED),
            inputs,
            extract_features,
        ),
        {"model": registered.uri},
        {"brain": brain.name, **registered.names},
    )


def _heeded(config: ExtractConfig, registered: Registered) -> ExtractConfig:
    """Ask a version without prompt positions for none: its features are there already."""
    if registered.tags["prompt_length"] == "0":
        return config.model_copy(update={"prompt_positions": "out"})
    return config


def _stage(config: ExtractConfig) -> Stage:
    """Describe the stage by its settings alone."""
    title = f"extract {config.model} for {config.brain}"
    settings = config.model_dump(include=set(ExtractConfig.model_fields))
    return Stage("extract", title, "", settings, {"brain": config.brain})


def spool_features(
    registered: Registered,
    items: tuple[str, ...] | NDArray[np.uint8],
    options: Mapping[str, Any],
    device: str,
    spool: Spool,
    contexts: Sequence[str] = (),
) -> Cuts:
    """Ask the registered version itself for features, and write them down as they come.

    Parameters
    ----------
    registered : Registered
    items : tuple of str, or ndarray of uint8, shape (n_stimuli, height, width, 3)
        Of the version's modality.
    options : mapping of str to Any
        pooling, tokens_at_once, prompt_room, dtype and prompt_positions: see
        :class:`pipeline.config.ExtractConfig`.
    device : {'auto', 'cpu', 'cuda'}
    spool : Spool
        Filled.
    contexts : sequence of str
        What is read before each text; empty: texts stand alone.

    Raises
    ------
    PipelineError
        The model has no such pooling, or its prompt leaves no room for the stimuli.
    """
    scratch = scratch_folder(mlflow.get_run(registered.run_id).info.artifact_uri)
    with only_from_source():
        model = mlflow.pyfunc.load_model(registered.uri, dst_path=scratch)
        tuned = model.unwrap_python_model().tuned
        if options["pooling"] not in tuned.poolings:
            expected = f"{' or '.join(tuned.poolings)}, which {registered.uri} has"
            problem = Problem("pooling", expected, f"'{options['pooling']}'", "Change pooling.")
            raise ConfigError(problem)
        place(tuned.network, device, options["dtype"])
        cuts = _cuts(tuned, items, options["prompt_room"])
        further: dict[str, Any] = {}
        if isinstance(items, tuple):
            further["prompt_room"] = options["prompt_room"]
        if contexts:
            further["contexts"] = contexts
        if options["prompt_positions"] == "in":
            further["prompt_positions"] = "in"
        batches = tuned.feature_batches(
            items, options["pooling"], options["tokens_at_once"], **further
        )
        for members, vectors in follow(batches, len(items), "stimuli", size=_n_stimuli):
            spool.put(members, vectors)
    return cuts


def _n_stimuli(batch: tuple[Sequence[int], object]) -> int:
    return len(batch[0])


def _cuts(tuned: Any, items: Sequence[str] | NDArray[np.uint8], prompt_room: int) -> Cuts:
    """Count what is left out of sentences, and refuse prompts that leave too little room."""
    if not isinstance(items, tuple):
        return Cuts(0, 0, 0)
    refuse(prompt_room_problems(prompt_room, tuned.context, tuned.card.base), ConfigError)
    counts, room = tuned.token_counts(items), tuned.stimulus_room(prompt_room)
    refuse(room_problems(counts, room, tuned.room, tuned.card.prompt_length), ConfigError)
    return count_cuts(counts, room)


def stimulus_problems(
    config: ExtractConfig, name: str, modality: str, brain: BrainDataset
) -> Iterator[Problem]:
    """Find what keeps a model from the stimuli of a brain dataset.

    Parameters
    ----------
    config : ExtractConfig
    name : str
        Of the model, for the message.
    modality : 'text' or 'image'
        Of the model.
    brain : BrainDataset
    """
    if brain.stimuli.modality != modality:
        yield Problem(
            "brain",
            f"{modality} stimuli, as {name} takes",
            f"'{brain.name}', whose stimuli are {brain.stimuli.modality}",
            "Choose a brain dataset of the model's modality.",
        )
    if config.pooling not in POOLINGS[modality]:
        yield Problem(
            "pooling",
            f"{' or '.join(POOLINGS[modality])} for {modality}",
            f"'{config.pooling}'",
            "Change pooling.",
        )
    if config.context != "alone" and modality == "image":
        expected, remedy = "alone, as pictures stand", "Leave context out."
        yield Problem("context", expected, f"'{config.context}'", remedy)
