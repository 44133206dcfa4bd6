"""Tuning on one GPU: how much of the device it uses, and what a user would take instead.

Command: ``python -m benchmarks.device [--small]``; about 3 minutes on one GPU (``--small`` runs
anywhere, in a minute or two).

Networks of the seed paper's sizes with random weights: GPT-2 small on articles by ``full`` and
``prompt``, beside transformers' Trainer as in ``benchmarks.tune``; ViT-base on pictures of 224
pixels by ``full`` and ``vpt-deep``, beside a plain loop of PyTorch with the same optimizer and
precision. A training is counted whole, with its validation and what it takes to begin.

"of a product" is model FLOPs a second as a share of what one large matrix product reaches on the
same device: 6 FLOPs for each parameter and token where all weights are trained, 4 where they are
frozen, which need no gradients of their own (Kaplan et al. 2020, section 2.1).
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file

from benchmarks.tune import SIZES, make_base, summary
from benchmarks.tune_side import RATE, Job, measure
from pipeline.config import MethodConfig, TuneConfig
from pipeline.data.forms.pictures import LabelledImages
from pipeline.models.travelling.card import Card
from pipeline.models.travelling.vision import VisionModel
from pipeline.tuning.methods import METHODS
from pipeline.tuning.recipe import Recipe
from pipeline.tuning.start import Start
from pipeline.tuning.training.loop import train
from pipeline.tuning.training.schedule import Schedule

FLOPS = {"full": 6, "prompt": 4, "vpt-deep": 4}  # a parameter and token
VIT = {"img_size": 224}  # what differs from timm's ViT-base
SMALL_VIT = {"img_size": 32, "patch_size": 4, "embed_dim": 128, "depth": 4, "num_heads": 4}
TEXT: dict[str, Any] = {"network": {}, "steps": 30, "batch_size": 32}
CLASSES = tuple("0123456789")
Loop = Callable[[VisionModel, LabelledImages, int], None]


@dataclass(frozen=True)
class Pace:
    """What one training took.

    Parameters
    ----------
    seconds : float
    tokens : float
        That went through the network, padding not counted.
    n_parameters : int
    flops : int
        For each parameter and token.
    peak_bytes : float
        Held of the device's memory at most.
    """

    seconds: float
    tokens: float
    n_parameters: int
    flops: int
    peak_bytes: float

    @property
    def flops_a_second(self) -> float:
        """Model FLOPs a second."""
        return self.flops * self.n_parameters * self.tokens / self.seconds


def main() -> None:
    """Measure every training, and print what it took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.device", description=__doc__)
    parser.add_argument("--small", action="store_true", help="small networks, on any machine")
    options = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    name = torch.cuda.get_device_name() if device == "cuda" else "CPU"
    product = product_rate(device)
    print(f"{name}: a matrix product reaches {product / 1e12:.1f} TFLOP/s")
    print(f"{'network':10} {'method':9} {'side':8} {'seconds':>8} {'tokens/s':>10} "
          f"{'of a product':>12} {'peak GB':>8}")  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="device-") as folder:
        rows = measure_text(Path(folder), options.small, product)
    print(summary(rows))
    measure_pictures(options.small, product)


def product_rate(device: str, size: int = 4096) -> float:
    """Multiply two large matrices in the precision of training; FLOPs a second."""
    if device == "cpu":
        size, dtype = 1024, torch.float32
    else:
        dtype = torch.bfloat16
    a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    for _ in range(3):
        a @ b
    synchronise()
    started, n_times = time.perf_counter(), 20
    for _ in range(n_times):
        a @ b
    synchronise()
    return 2 * size**3 * n_times / (time.perf_counter() - started)


def synchronise() -> None:
    """Wait until the device has done what it was given."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def measure_text(folder: Path, small: bool, product: float) -> list[dict[str, Mapping[str, float]]]:
    """Train the language network both ways with each method."""
    size = dict(SIZES["small"] if small else TEXT)
    make_base(folder, size.pop("network"))
    n_parameters = sum(value.numel() for value in load_file(folder / "model.safetensors").values())
    rows = []
    for method in ("full", "prompt"):
        job, sides = Job(str(folder), method, **size), {}
        for side in ("default", "ours"):
            reset_peak()
            sides[side] = took = measure(side, job)
            pace = Pace(
                took["seconds"], took["tokens"], n_parameters, FLOPS[method], took["peak_bytes"]
            )
            show("gpt2", method, side, pace, product)
        rows.append(sides)
    return rows


def measure_pictures(small: bool, product: float) -> None:
    """Train the vision network with each method, and with a plain loop."""
    form = SMALL_VIT if small else VIT
    steps, batch_size = (4, 8) if small else (60, 128)
    with tempfile.TemporaryDirectory(prefix="vit-") as name:
        base = Path(name) / "base"
        make_vision_base(base, form)
        for method in ("full", "vpt-deep"):
            for side, run in (("plain", plain_loop), ("ours", our_loop)):
                model = vision_model(base, method)
                pictures = draw_pictures(form["img_size"], steps * batch_size)
                show("vit", method, side, timed_pace(run, model, pictures, batch_size), product)


def timed_pace(run: Loop, model: VisionModel, pictures: LabelledImages, batch_size: int) -> Pace:
    """Train with one loop, and say what it took."""
    reset_peak()
    started = time.perf_counter()
    run(model, pictures, batch_size)
    synchronise()
    seconds = time.perf_counter() - started
    network = model.network
    n_tokens = network.patch_embed.num_patches + 1 + model.card.prompt_length
    return Pace(
        seconds,
        n_tokens * len(pictures),
        sum(p.numel() for p in network.parameters()),
        FLOPS[model.card.method],
        peak_bytes(),
    )


def our_loop(model: VisionModel, pictures: LabelledImages, batch_size: int) -> None:
    """Train with the loop of this project, at its default settings."""
    steps = len(pictures) // batch_size
    settings = TuneConfig.model_validate(
        {
            "task": "pictures",
            "method": model.card.method,
            "max_steps": steps,
            "eval_every": steps,
            "batch_size": batch_size,
        }
    )
    recipe = Recipe(RATE, RATE, RATE, warmup=0, schedule="linear")
    held_out = LabelledImages(pictures.images[:batch_size], pictures.labels[:batch_size])
    schedule = Schedule(recipe, RATE, steps, settings)
    train(model, pictures, held_out, schedule, lambda _step, _losses: None)


def plain_loop(model: VisionModel, pictures: LabelledImages, batch_size: int) -> None:
    """Train as a tutorial of PyTorch does: batches in order, AdamW, mixed precision on a GPU."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = model.network.to(device).train()
    trained = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=RATE)
    for start in range(0, len(pictures), batch_size):
        batch = slice(start, start + batch_size)
        pixels = model.picture.prepare(pictures.images[batch]).to(device)
        labels = torch.tensor(pictures.labels[batch], device=device)
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            loss = torch.nn.functional.cross_entropy(network(pixels), labels)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()


def make_vision_base(folder: Path, form: Mapping[str, int]) -> None:
    """Lay down a vision transformer with random weights."""
    import timm

    torch.manual_seed(0)
    network = timm.create_model(
        "vit_base_patch16_224",
        pretrained=False,
        num_classes=0,
        pretrained_cfg_overlay={"input_size": (3, form["img_size"], form["img_size"])},
        **form,
    )
    timm.models.save_for_hf(network, str(folder), model_args=dict(form), safe_serialization=True)


def vision_model(folder: Path, method: str) -> VisionModel:
    """Adapt the vision network with a method; the same weights every time."""
    torch.manual_seed(0)
    chosen = METHODS[method]
    card = Card(
        base="vit",
        base_digest="",
        modality="image",
        task="pictures",
        method=method,
        storage=chosen.storage["image"],
        form="classification",
        insertion=chosen.insertion,
        prompt_length=10 if chosen.has_prompt else 0,
        classes=CLASSES,
    )
    settings = MethodConfig.model_validate({})
    model = chosen.adapt(Start(folder, card, draw_pictures(32, 2), settings))
    if not isinstance(model, VisionModel):
        raise TypeError("an image method adapts a vision model")
    return model


def draw_pictures(size: int, number: int) -> LabelledImages:
    """Draw noise, and labels for it."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (number, size, size, 3), dtype=np.uint8)
    return LabelledImages(images, rng.integers(0, len(CLASSES), number))


def show(network: str, method: str, side: str, pace: Pace, product: float) -> None:
    """Print a line of the table."""
    print(
        f"{network:10} {method:9} {side:8} {pace.seconds:8.1f} "
        f"{pace.tokens / pace.seconds:10.0f} {pace.flops_a_second / product:12.2f} "
        f"{pace.peak_bytes / 1e9:8.2f}",
        flush=True,
    )


def reset_peak() -> None:
    """Forget how much of the device's memory was held at most."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def peak_bytes() -> float:
    """Memory of the device that was held at most; of a CPU, by the process."""
    if torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated())
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


if __name__ == "__main__":
    main()
