"""Facts for a forecast, read off what is at hand."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.dataset import BrainDataset
from pipeline.brains.responses import Responses
from pipeline.data.minimal_pairs import Phenomenon
from pipeline.data.task import Task, TaskData
from pipeline.forecast.facts import BrainFacts, FeatureFacts, NetworkFacts, SubjectFacts, TaskFacts
from pipeline.forecast.minimal_pairs import PairFacts
from pipeline.models.directories import modality_in, read_config

TOKENS_A_WORD = 1.4  # of English prose, by the tokenizers of GPT-2 and BERT
SAMPLE = 200  # examples whose words are counted
_LAYERS = ("num_hidden_layers", "n_layer", "num_layers")
_DECODER = "num_decoder_layers"
_WIDTH = ("hidden_size", "n_embd", "d_model", "dim")
_INNER = ("intermediate_size", "n_inner", "d_ff", "ffn_dim", "hidden_dim")
_ROOM = ("max_position_embeddings", "n_positions", "n_ctx")
_BLOCK = re.compile(r".*?blocks\.\d+\.")
WITHOUT_PLACES = 197  # positions of a vision model that tells nothing of them: as ViT-base
UNLIMITED = 512  # positions of a network that knows distances alone, and is fed as others are


def network_facts(folder: Path) -> NetworkFacts:
    """Read the size of a base off its configuration and the headers of its weights."""
    config, shapes = read_config(folder), _shapes(folder)
    n_parameters = sum(math.prod(shape) for shape in shapes.values())
    if modality_in(folder) == "image":
        return _vision_facts(shapes, n_parameters)
    width = _first(config, _WIDTH, 1)
    return NetworkFacts(
        modality="text",
        layers=_first(config, _LAYERS, 1) + int(config.get(_DECODER) or 0),
        width=width,
        inner=_first(config, _INNER, 4 * width),
        vocabulary=int(config.get("vocab_size") or 0),
        room=_first(config, _ROOM, UNLIMITED),
        parameters=n_parameters,
    )


def _vision_facts(shapes: Mapping[str, Sequence[int]], n_parameters: int) -> NetworkFacts:
    """Read the size of a vision model off the shapes of its weights, by timm's names of them."""
    blocks = {match.group() for name in shapes if (match := _BLOCK.match(name))}
    places = next((shape for name, shape in shapes.items() if name.endswith("pos_embed")), None)
    widths = [shape[0] for name, shape in shapes.items() if name.endswith("norm1.weight")]
    width = places[-1] if places else max(widths, default=max(s[-1] for s in shapes.values()))
    inners = [shape[0] for name, shape in shapes.items() if name.endswith("fc1.weight")]
    room = math.prod(places[:-1]) if places else WITHOUT_PLACES
    layers = max(1, len(blocks))
    return NetworkFacts("image", layers, width, max(inners, default=width), 0, room, n_parameters)


def _first(config: dict[str, Any], names: tuple[str, ...], otherwise: int) -> int:
    return next((int(config[name]) for name in names if config.get(name)), otherwise)


def _shapes(folder: Path) -> dict[str, Sequence[int]]:
    """Read the shapes of the weights that a folder holds, and not the weights."""
    from safetensors import safe_open

    shapes: dict[str, Sequence[int]] = {}
    for path in folder.glob("*.safetensors"):
        with safe_open(path, framework="np") as weights:
            names = weights.keys()
            shapes |= {name: weights.get_slice(name).get_shape() for name in names}
    return shapes


def feature_facts(layers: Mapping[str, NDArray[np.float32]]) -> FeatureFacts:
    """Count the layers of features that another tool computed, and the columns of the widest."""
    return FeatureFacts(len(layers), max(x.shape[1] for x in layers.values()))


def task_facts(task: Task, data: TaskData) -> TaskFacts:
    """Count the examples of a task, and the words of some of them."""
    lengths = list(islice(data.train.word_counts(), SAMPLE))
    sources, targets = zip(*lengths, strict=True) if lengths else ((0,), (0,))
    return TaskFacts(
        n_train=len(data.train),
        n_validation=len(data.validation),
        n_test=len(data.test),
        source_tokens=TOKENS_A_WORD * sum(sources) / len(sources),
        target_tokens=TOKENS_A_WORD * sum(targets) / len(targets),
        longest_target=task.max_target_tokens,
        outputs=0 if task.max_target_tokens else len(data.classes) or 2,
        similarity=any(score.startswith("bertscore_") for score in task.scores),
    )


def pair_facts(phenomena: Sequence[Phenomenon]) -> PairFacts:
    """Count the sentences of minimal pairs, and their words."""
    sentences = [text for one in phenomena for text in (*one.good, *one.bad)]
    words = sum(len(text.split()) for text in sentences)
    return PairFacts(len(sentences), TOKENS_A_WORD * words / len(sentences))


def reads_masked(folder: Path) -> bool:
    """Say whether a base of text names a head that fills in masked tokens."""
    return any("MaskedLM" in name for name in read_config(folder).get("architectures") or ())


def brain_facts(brain: BrainDataset) -> BrainFacts:
    """Count stimuli, subjects and voxels of a brain dataset."""
    items = brain.stimuli.items
    words = sum(len(item.split()) for item in items) if isinstance(items, tuple) else 0
    return BrainFacts(
        modality=brain.stimuli.modality,
        n_stimuli=len(brain.stimuli),
        n_groups=len(set(brain.stimuli.groups.tolist())),
        stimulus_tokens=TOKENS_A_WORD * words / len(brain.stimuli),
        subjects=tuple(_subject(responses) for responses in brain.subjects.values()),
    )


def _subject(responses: Responses) -> SubjectFacts:
    n_stimuli, n_columns = responses.values.shape
    repeats = responses.repeats
    return SubjectFacts(
        n_stimuli=n_stimuli,
        n_columns=n_columns,
        voxels=tuple(len(columns) for columns in responses.rois.values()),
        n_presentations=0 if repeats is None else repeats.shape[0] * repeats.shape[1],
    )
