"""Lets torchvision, and so timm, peft and transformers, import beside a CPU build of torch."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch

_declared: list[torch.library.Library] = []  # a fragment lives as long as its object


def declare_torchvision_operators() -> None:
    """Declare the two operators without which a CUDA torchvision dies beside a CPU torch."""
    spec = importlib.util.find_spec("torchvision")
    torch_has_gpu_code = torch.version.cuda or torch.version.hip
    if torch_has_gpu_code or spec is None or spec.origin is None:
        return
    if hasattr(torch.ops.torchvision, "nms"):
        return
    if "+cu" in Path(spec.origin).with_name("version.py").read_text(encoding="utf-8"):
        fragment = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
        fragment.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")  # type: ignore[no-untyped-call]
        fragment.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")  # type: ignore[no-untyped-call]
        _declared.append(fragment)
