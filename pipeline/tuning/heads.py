"""The heads that tasks put on top of a base: which parameters are theirs, and a start for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from pipeline.data.examples import Examples
from pipeline.models.travelling.loading import TunedModel
from pipeline.tuning.examples import prepare


def head_modules(network: Any, base_folder: Path) -> dict[str, Any]:
    """Find what a task put on top of a base, by name; nothing where the base writes texts itself.

    Parameters
    ----------
    network : transformers model or timm VisionTransformer
        Plain, as loaded.
    base_folder : Path
        A pooler that the base does not hold is new and so part of the head.
    """
    if not hasattr(network, "base_model"):
        return {"head": network.head}
    if network.can_generate():
        return {}
    backbone = network.base_model
    head = {
        name: module
        for name, module in network.named_children()
        if module is not backbone and any(True for _ in module.parameters())
    }
    pooler = getattr(backbone, "pooler", None)
    if pooler is not None and not any("pooler." in name for name in _stored_names(base_folder)):
        head[f"{network.base_model_prefix}.pooler"] = pooler
    return head


def _stored_names(folder: Path) -> Iterator[str]:
    from safetensors import safe_open

    for path in folder.glob("*.safetensors"):
        with safe_open(path, framework="pt") as stored:
            yield from stored.keys()


def put_nearest_class_mean(model: TunedModel, head: Any, train: Examples) -> None:
    """Give a new classification head the only weights that need no training.

    The class whose mean is nearest to x maximises m·x - |m|²/2, which is a linear layer. Where the
    head's last layer has no bias, means are put to length 1: the nearest by angle then wins.

    Parameters
    ----------
    model : TextModel or VisionModel
        Changed in place: the last linear layer of its head.
    head : iterable of modules
        As found by ``head_modules``.
    train : LabelledTexts or LabelledImages
    """
    last = [layer for part in head for layer in part.modules() if isinstance(layer, nn.Linear)][-1]
    seen, labels = _inputs_of(last, model, train)
    classes = range(last.out_features)
    means = torch.stack([seen[labels == label].mean(dim=0) for label in classes])
    means = torch.where(means.isnan(), seen.mean(dim=0), means)  # a class without an example
    with torch.no_grad():
        if last.bias is None:
            last.weight.copy_(nn.functional.normalize(means))
        else:
            last.weight.copy_(means)
            last.bias.copy_(-means.square().sum(dim=1) / 2)


@torch.no_grad()
def _inputs_of(
    layer: nn.Linear, model: TunedModel, examples: Examples
) -> tuple[torch.Tensor, torch.Tensor]:
    """Run a model over examples and see what a layer of its head is given, and the labels."""
    items, collate = prepare(model, examples)
    given: list[torch.Tensor] = []
    labels: list[torch.Tensor] = []
    hook = layer.register_forward_pre_hook(lambda _, arguments: given.append(arguments[0]))
    try:
        for start in range(0, len(items), 64):
            batch = dict(collate([items[n] for n in range(start, min(start + 64, len(items)))]))
            labels.append(batch.pop("labels"))
            model.network(*batch.values()) if "images" in batch else model.network(**batch)
            if (
                given[-1].ndim == 3
            ):  # a decoder's head is given every token, and the last one counts
                last = batch["attention_mask"].sum(dim=1) - 1
                given[-1] = given[-1][torch.arange(len(last)), last]
    finally:
        hook.remove()
    return torch.cat(given), torch.cat(labels)
