"""Extraction beside one forward pass a stimulus, and beside the bare forward pass.

Command: ``python -m benchmarks.extract [--layers 12 --width 768 --heads 12 --sentences 627
--pictures 512 --size 224]``

Networks of GPT-2's and ViT-base's size with random weights, on as many sentences as Pereira et al.
2018 have (drawn by a seed, of 5 to 20 words) and on pictures of noise. Beside it:

- *one by one*: a forward pass for each stimulus, with a hook on every block that keeps its mean, as
  brain-score's wrapper and Net2Brain do;
- *bare*: the stack alone on batches of sentences of the same length, nothing kept.

Ends with the worse of the two networks: ``speedup=… of_bare=… peak_gb=…``. ``peak_gb`` is what the
process held at most.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.clock import timed
from benchmarks.device import make_vision_base
from benchmarks.tune import make_base
from pipeline.models.travelling.card import Card
from pipeline.models.travelling.framing import encode_segments
from pipeline.models.travelling.loading import load_untouched
from pipeline.models.travelling.text import TextModel
from pipeline.models.travelling.vision import VisionModel

Run = Callable[[], object]
WORDS = ("baker", "kneads", "dough", "sailor", "mends", "old", "net", "the", "warm", "kitchen")


def main() -> None:
    """Time the three ways over texts and over pictures."""
    options = _parser().parse_args()
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory(prefix="extract-") as name:
        sides = [_texts(Path(name) / "text", options), _pictures(Path(name) / "image", options)]
    print(f"{'network':8} {'ours':>8} {'one by one':>11} {'bare':>8}  seconds")
    for network, (ours, single, bare) in zip(("gpt2", "vit"), sides, strict=True):
        print(f"{network:8} {ours:8.2f} {single:11.2f} {bare:8.2f}")
    speedup = min(single / ours for ours, single, _ in sides)
    of_bare = min(bare / ours for ours, _, bare in sides)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    print(f"speedup={speedup:.2f} of_bare={of_bare:.2f} peak_gb={peak:.2f}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.extract", description=__doc__)
    parser.add_argument("--layers", type=int, default=12, help="blocks of each network")
    parser.add_argument("--width", type=int, default=768, help="width of each network")
    parser.add_argument("--heads", type=int, default=12, help="heads of each network")
    parser.add_argument("--sentences", type=int, default=627)
    parser.add_argument("--pictures", type=int, default=512)
    parser.add_argument("--size", type=int, default=224, help="side of the pictures")
    parser.add_argument("--repeats", type=int, default=3, help="times; the fastest counts")
    return parser


def _card(modality: Any) -> Card:
    return Card("random", "", modality, "none", "base", "nothing", "features")


def _fastest(options: argparse.Namespace, *ways: Run) -> tuple[float, ...]:
    """Time ways in turn, so that a busy machine slows all alike; the fastest of each counts."""
    times = [[timed(way)[1].wall for way in ways] for _ in range(options.repeats)]
    return tuple(min(column) for column in zip(*times, strict=True))


def _texts(folder: Path, options: argparse.Namespace) -> tuple[float, ...]:
    sizes = {"n_layer": options.layers, "n_embd": options.width, "n_head": options.heads}
    make_base(folder, sizes)
    model = load_untouched(folder, _card("text"))
    if not isinstance(model, TextModel):
        raise TypeError("a language model was laid down")
    sentences = draw_sentences(options.sentences)
    batches = list(_of_one_length(model, sentences))

    def bare() -> None:
        with torch.inference_mode():
            for batch in batches:
                model.network(**batch)

    return _fastest(
        options, lambda: model.features(sentences), lambda: alone(model, sentences), bare
    )


def draw_sentences(number: int) -> list[str]:
    """Draw sentences of 5 to 20 words."""
    rng = np.random.default_rng(0)
    return [" ".join(rng.choice(WORDS, rng.integers(5, 21))) + " ." for _ in range(number)]


def _of_one_length(model: TextModel, sentences: list[str]) -> Iterator[dict[str, torch.Tensor]]:
    """Batch sentences of the same number of tokens: nothing is padding."""
    encoded = encode_segments(model.tokenizer, model.context, [(s,) for s in sentences])
    by_length: dict[int, list[Any]] = {}
    for one in encoded:
        by_length.setdefault(len(one["input_ids"]), []).append(one)
    for same in by_length.values():
        for start in range(0, len(same), 64):
            yield model.batch(same[start : start + 64])


@torch.inference_mode()
def alone(model: TextModel, sentences: list[str]) -> NDArray[np.float32]:
    """Pass one sentence after another, and let hooks keep the mean of each block."""
    rows = []
    with _keeping_means(model.network.h, lambda states: states[0].mean(dim=0)) as states_by_layer:
        for sentence in sentences:
            states_by_layer.clear()
            model.network(**model.tokenizer(sentence, return_tensors="pt"))
            rows.append(torch.stack(states_by_layer))
    return torch.stack(rows).numpy()


def _pictures(folder: Path, options: argparse.Namespace) -> tuple[float, ...]:
    form = {
        "img_size": options.size,
        "embed_dim": options.width,
        "depth": options.layers,
        "num_heads": options.heads,
    }
    make_vision_base(folder, form)
    model = load_untouched(folder, _card("image"))
    if not isinstance(model, VisionModel):
        raise TypeError("a vision model was laid down")
    shape = (options.pictures, options.size, options.size, 3)
    pictures = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)

    def bare() -> None:
        with torch.inference_mode():
            for start in range(0, len(pictures), 64):
                model.network.forward_features(model.picture.prepare(pictures[start : start + 64]))

    return _fastest(
        options, lambda: model.features(pictures), lambda: one_by_one(model, pictures), bare
    )


@torch.inference_mode()
def one_by_one(model: VisionModel, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pass one picture after another, and let hooks keep the mean of each block's patches."""
    rows = []
    with _keeping_means(
        model.network.blocks, lambda states: states[0, 1:].mean(dim=0)
    ) as states_by_layer:
        for picture in pictures:
            states_by_layer.clear()
            model.network.forward_features(model.picture.prepare(picture[None]))
            rows.append(torch.stack(states_by_layer))
    return torch.stack(rows).numpy()


@contextmanager
def _keeping_means(
    blocks: Any, pooled: Callable[[torch.Tensor], torch.Tensor]
) -> Iterator[list[torch.Tensor]]:
    """Put a hook on every block that keeps a vector of its states."""
    states_by_layer: list[torch.Tensor] = []

    def keep(_module: Any, _inputs: Any, output: Any) -> None:
        states_by_layer.append(pooled(output[0] if isinstance(output, tuple) else output))

    hooks = [block.register_forward_hook(keep) for block in blocks]
    try:
        yield states_by_layer
    finally:
        for hook in hooks:
            hook.remove()


if __name__ == "__main__":
    main()
