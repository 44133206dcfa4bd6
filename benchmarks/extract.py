"""Extraction beside one forward pass a stimulus, and beside the bare forward pass.

Command: ``python -m benchmarks.extract [--layers 12 --width 768 --heads 12 --sentences 627
--pictures 512 --size 224] [--stimuli FILE --tokenizer FOLDER]``

Networks of GPT-2's and ViT-base's size with random weights, on as many sentences as Pereira et al.
2018 have (drawn by a seed, of 5 to 20 words; or the lines of a file, cut by a tokenizer of one's
own) and on pictures of noise. Features are written to disk, as the stage does. Beside it:

- *one by one*: a forward pass for each stimulus, with a hook on every block that keeps its mean, as
  Net2Brain does for pictures; for texts of the whole language model, its head too, as in
  brain-score's wrapper;
- *bare*: the stack alone on batches of sentences of the same length, nothing kept.

Each network runs in a process of its own, on a GPU where there is one. "Few" is the most that it
held of memory, the GPU's where there is one, having extracted an eighth of the stimuli, "all" the
same of all. Ends with the worse of the two networks:
``speedup=… of_bare=… peak_gb=…``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.clock import timed
from benchmarks.device import make_vision_base, peak_bytes, synchronise
from benchmarks.tune import make_base
from pipeline.extraction.spool import Spool
from pipeline.extraction.store import Origin
from pipeline.models.devices import place
from pipeline.models.travelling.card import Card
from pipeline.models.travelling.framing import encode_segments
from pipeline.models.travelling.layers import POSITIONS_AT_ONCE
from pipeline.models.travelling.loading import TunedModel, load_untouched
from pipeline.models.travelling.text import TextModel
from pipeline.models.travelling.vision import VisionModel

Run = Callable[[], object]
WORDS = ("baker", "kneads", "dough", "sailor", "mends", "old", "net", "the", "warm", "kitchen")
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
AT_ONCE = POSITIONS_AT_ONCE[DEVICE]


@dataclass(frozen=True)
class Measured:
    """What the three ways took with one network.

    Parameters
    ----------
    ours, single, bare : float
        Seconds: extraction, one by one, and the bare forward pass.
    few, all : float
        GB that the process held at most, having extracted an eighth of the stimuli, and all.
    """

    ours: float
    single: float
    bare: float
    few: float
    all: float


def main() -> None:
    """Time the three ways over texts and over pictures."""
    options = _parser().parse_args()
    seconds = f"{'ours':>8} {'one by one':>11} {'bare':>8}"
    print(f"{'network':8} {seconds}  seconds {'few':>6} {'all':>6} GB", flush=True)
    networks = []
    for name, side in (("gpt2", _texts), ("vit", _pictures)):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            m: Measured = pool.apply(side, (options,))
        row = f"{name:8} {m.ours:8.2f} {m.single:11.2f} {m.bare:8.2f} {m.few:14.2f} {m.all:6.2f}"
        print(row, flush=True)  # pictures take minutes more than texts
        networks.append(m)
    print(summary(networks))


def summary(measured: Sequence[Measured]) -> str:
    """Give the worse of the two networks in each respect."""
    speedup = min(m.single / m.ours for m in measured)
    of_bare = min(m.bare / m.ours for m in measured)
    peak = max(m.all for m in measured)
    return f"speedup={speedup:.2f} of_bare={of_bare:.2f} peak_gb={peak:.2f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.extract", description=__doc__)
    parser.add_argument("--layers", type=int, default=12, help="blocks of each network")
    parser.add_argument("--width", type=int, default=768, help="width of each network")
    parser.add_argument("--heads", type=int, default=12, help="heads of each network")
    parser.add_argument("--sentences", type=int, default=627)
    parser.add_argument("--pictures", type=int, default=512)
    parser.add_argument("--size", type=int, default=224, help="side of the pictures")
    parser.add_argument("--stimuli", type=Path, help="file with a sentence a line")
    parser.add_argument("--tokenizer", type=Path, help="folder of the tokenizer that cuts them")
    parser.add_argument("--repeats", type=int, default=3, help="times; the fastest counts")
    return parser


def _card(modality: Any) -> Card:
    return Card("random", "", modality, "none", "base", "nothing", "features")


def _measure(
    options: argparse.Namespace, model: TunedModel, items: Any, single: Run, bare: Run
) -> Measured:
    """Time ways in turn, so that a busy machine slows all alike; the fastest of each counts."""
    torch.manual_seed(0)
    extract(model, items[: max(2, len(items) // 8)])
    few = peak_bytes() / 1e9
    extract(model, items)
    whole = peak_bytes() / 1e9
    ways: tuple[Run, ...] = (lambda: extract(model, items), single, bare)
    times = [[timed(way)[1].wall for way in ways] for _ in range(options.repeats)]
    ours, alone, forward = (min(column) for column in zip(*times, strict=True))
    return Measured(ours, alone, forward, few, whole)


def extract(model: TunedModel, items: Any) -> dict[str, int]:
    """Compute features and write them down, as the stage does."""
    with tempfile.TemporaryDirectory(prefix="features-") as name:
        spool = Spool(Path(name), len(items))
        for members, vectors in model.feature_batches(items):
            spool.put(members, vectors)
        return spool.write(Origin("", "", "", "mean"), Path(name))


def _texts(options: argparse.Namespace) -> Measured:
    from transformers import AutoModelForCausalLM

    sizes = {"n_layer": options.layers, "n_embd": options.width, "n_head": options.heads}
    with tempfile.TemporaryDirectory(prefix="extract-") as name:
        make_base(Path(name), sizes, options.tokenizer)
        model = load_untouched(Path(name), _card("text"))
        if not isinstance(model, TextModel):
            raise TypeError("a language model was laid down")
        writer = AutoModelForCausalLM.from_pretrained(name).eval().to(DEVICE)
    place(model.network, DEVICE, "float32")
    writer.transformer = model.network  # the same weights, held once
    sentences = _sentences(options)
    batches = list(_of_one_length(model, sentences))

    def bare() -> None:
        with torch.inference_mode():
            for batch in batches:
                model.network(**batch, use_cache=False)
        synchronise()

    return _measure(options, model, sentences, lambda: alone(writer, model, sentences), bare)


def _sentences(options: argparse.Namespace) -> list[str]:
    if options.stimuli is None:
        return draw_sentences(options.sentences)
    lines = options.stimuli.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip()][: options.sentences]


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
        size = max(1, AT_ONCE // len(same[0]["input_ids"]))
        for start in range(0, len(same), size):
            batch = model.batch(same[start : start + size])
            yield {name: values.to(DEVICE) for name, values in batch.items()}


@torch.inference_mode()
def alone(writer: Any, model: TextModel, sentences: list[str]) -> NDArray[np.float32]:
    """Pass one sentence after another, and let hooks keep the mean of each block."""
    rows = []
    with _keeping_means(model.network.h, lambda states: states[0].mean(dim=0)) as states_by_layer:
        for sentence in sentences:
            states_by_layer.clear()
            writer(**model.tokenizer(sentence, return_tensors="pt").to(DEVICE))
            rows.append(torch.stack(states_by_layer))
    return torch.stack(rows).numpy(force=True)


def _pictures(options: argparse.Namespace) -> Measured:
    form = {
        "img_size": options.size,
        "embed_dim": options.width,
        "depth": options.layers,
        "num_heads": options.heads,
    }
    with tempfile.TemporaryDirectory(prefix="extract-") as name:
        make_vision_base(Path(name) / "base", form)
        model = load_untouched(Path(name) / "base", _card("image"))
    if not isinstance(model, VisionModel):
        raise TypeError("a vision model was laid down")
    place(model.network, DEVICE, "float32")
    shape = (options.pictures, options.size, options.size, 3)
    pictures = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    size = max(1, AT_ONCE // model.n_positions)

    def bare() -> None:
        with torch.inference_mode():
            for start in range(0, len(pictures), size):
                batch = model.picture.prepare(pictures[start : start + size], DEVICE)
                model.network.forward_features(batch)
        synchronise()

    return _measure(options, model, pictures, lambda: one_by_one(model, pictures), bare)


@torch.inference_mode()
def one_by_one(model: VisionModel, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pass one picture after another, and let hooks keep the mean of each block's patches."""
    rows = []
    with _keeping_means(
        model.network.blocks, lambda states: states[0, 1:].mean(dim=0)
    ) as states_by_layer:
        for picture in pictures:
            states_by_layer.clear()
            model.network.forward_features(model.picture.prepare(picture[None], DEVICE))
            rows.append(torch.stack(states_by_layer))
    return torch.stack(rows).numpy(force=True)


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
