"""Make the base ``tiny-vit``: a small vision transformer that has never seen a digit.

    python -m pipeline.models.pretraining.tiny_vit

trains it from scratch on letters and simulated pictures (about 20 minutes on one free core; the
same seed gives the same weights on the same machine) and writes weights, configuration and a record
of the training into ``pipeline/models/pretrained/tiny-vit``.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (torch's own name for it)
from torch import Tensor, nn

from pipeline.models.pretraining.image_mixture import PictureBatch, PictureMixture
from pipeline.models.pretraining.letters import LETTERS
from pipeline.worlds.pictures import COLOURS, LAYOUTS, SHAPES

PRETRAINED = Path(__file__).parents[1] / "pretrained" / "tiny-vit"
CONFIG: dict[str, Any] = {
    "architecture": "vit_tiny_patch16_224",
    "num_classes": 0,
    "model_args": {
        "img_size": 32,
        "patch_size": 4,
        "embed_dim": 128,
        "depth": 4,
        "num_heads": 4,
    },
    "pretrained_cfg": {
        "num_classes": 0,
        "input_size": [3, 32, 32],
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.5, 0.5],
    },
}
# Far from the seeds of tasks and brains, which are small: no picture is met twice.
_FIRST_SEED, _HELD_OUT_SEED = 1_000_003, 999_983


@dataclass(frozen=True)
class PictureTraining:
    """How the base is trained; half of every batch are letters, half are pictures."""

    steps: int = 2600
    batch: int = 128
    peak_rate: float = 1.5e-3
    weight_decay: float = 0.05
    seed: int = 0


class Learner(nn.Module):
    """The backbone with one linear head a question; the heads are dropped afterwards."""

    def __init__(self) -> None:
        super().__init__()
        import timm

        self.backbone = timm.create_model(
            CONFIG["architecture"], num_classes=0, **CONFIG["model_args"]
        )
        for block in self.backbone.blocks:  # the fused kernel nearly doubles the time of a step
            block.attn.fused_attn = False
        width = self.backbone.num_features
        self.letter = nn.Linear(width, len(LETTERS))
        self.attributes = nn.ModuleList(
            nn.Linear(width, len(names)) for names in (SHAPES, COLOURS, LAYOUTS)
        )
        self.placement = nn.Linear(width, 3)

    def losses(self, batch: PictureBatch) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Give loss and accuracy (placement: R²) of every question."""
        with torch.autocast("cpu", dtype=torch.bfloat16):
            tokens = self.backbone(batch.images)
        n_letters = len(batch.letters)
        seen = tokens.float()
        answers = [("letter", self.letter(seen[:n_letters]), batch.letters)]
        for position, (name, head) in enumerate(
            zip(("shape", "colour", "layout"), self.attributes, strict=True)
        ):
            answers.append((name, head(seen[n_letters:]), batch.attributes[:, position]))
        losses = {name: F.cross_entropy(logits, truth) for name, logits, truth in answers}
        right = {name: (logits.argmax(1) == t).float().mean() for name, logits, t in answers}
        losses["placement"] = F.mse_loss(self.placement(seen[n_letters:]), batch.placement)
        right["placement_r2"] = 1 - losses["placement"] / batch.placement.var()
        return losses, right


def train(settings: PictureTraining) -> tuple[Learner, dict[str, Any]]:
    """Train from scratch on one thread.

    Returns
    -------
    Learner
    dict
        Settings, images seen, final training loss and minutes.
    """
    torch.manual_seed(settings.seed)
    torch.set_num_threads(1)
    source, learner = PictureMixture(settings.batch), Learner()
    groups: list[dict[str, Any]] = [
        {"params": [p for p in learner.parameters() if p.ndim > 1]},
        {"params": [p for p in learner.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(
        groups,
        lr=settings.peak_rate,
        weight_decay=settings.weight_decay,
        betas=(0.9, 0.98),
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.peak_rate, total_steps=settings.steps, pct_start=0.1
    )
    started = time.monotonic()
    recent: list[float] = []
    for step in range(settings.steps):
        losses, _ = learner.losses(source.make(_FIRST_SEED + settings.seed * 10**7 + step))
        loss = torch.stack(list(losses.values())).sum()
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        recent = [*recent[-49:], float(loss.detach())]
        if step % 50 == 49:
            seconds = time.monotonic() - started
            print(f"step {step + 1}  loss {np.mean(recent):.3f}  {seconds:.0f} s", flush=True)
    return learner, {
        **asdict(settings),
        "images_seen": settings.steps * settings.batch,
        "final_train_loss": round(float(np.mean(recent)), 4),
        "minutes": round((time.monotonic() - started) / 60, 1),
        "data": "letters in DejaVu, STIX and Computer Modern (no digits); simulated pictures",
    }


def held_out(learner: Learner, n_batches: int = 10, batch: int = 200) -> dict[str, float]:
    """Accuracies on letters and pictures that training has not met, half of a batch each."""
    learner.eval()
    source = PictureMixture(batch)
    with torch.inference_mode():
        rights = [learner.losses(source.make(_HELD_OUT_SEED - i))[1] for i in range(n_batches)]
    return {name: round(float(np.mean([r[name] for r in rights])), 4) for name in rights[0]}


def save(learner: Learner, record: dict[str, Any], directory: Path) -> None:
    """Write the backbone without heads, its configuration and the record of its training."""
    from safetensors.torch import save_file

    directory.mkdir(parents=True, exist_ok=True)
    weights = {name: w.contiguous() for name, w in learner.backbone.state_dict().items()}
    save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})
    for name, content in (("config", CONFIG), ("training", record)):
        text = json.dumps(content, indent=1) + "\n"
        (directory / f"{name}.json").write_text(text, encoding="utf-8")


def main() -> None:
    """Train and save, or only try fewer steps into another directory."""
    parser = argparse.ArgumentParser(description="Make the base tiny-vit from scratch.")
    parser.add_argument("--steps", type=int, default=PictureTraining.steps)
    parser.add_argument("--peak-rate", type=float, default=PictureTraining.peak_rate)
    parser.add_argument("--out", type=Path, default=PRETRAINED)
    options = parser.parse_args()
    learner, record = train(PictureTraining(steps=options.steps, peak_rate=options.peak_rate))
    record["held_out"] = held_out(learner)
    print(json.dumps(record, indent=2))
    save(learner, record, options.out)


if __name__ == "__main__":
    main()
