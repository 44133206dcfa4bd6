"""The heads that tasks put on top of a base: which parameters are theirs, and a start for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from pipeline.data.forms.examples import Examples
from pipeline.models.travelling.architecture import head_names
from pipeline.models.travelling.loading import TunedModel
from pipeline.models.travelling.pooling import weighted
from pipeline.models.travelling.text import TextModel
from pipeline.models.travelling.vision_networks import classifier_names
from pipeline.tuning.forms import form_of
from pipeline.tuning.forms.form import IGNORED
from pipeline.tuning.forms.prepare import Items, prepare

_AT_ONCE = 64  # items
_NEVER = -1e4  # far below any other logit


def head_modules(network: Any) -> dict[str, Any]:
    """Find what a task put on top of a base, by name, in the order in which it is passed through.

    Nothing where the base answers with the head that it was pretrained with.

    Parameters
    ----------
    network : transformers model, or one of timm's
        Plain, as loaded. A pooler that the base did not bring is part of the head.
    """
    if not hasattr(network, "base_model"):
        parts = {name: network.get_submodule(name) for name in classifier_names(network)}
        return {name: part for name, part in parts.items() if any(True for _ in part.parameters())}
    if network.can_generate():
        return {}
    head = {
        name: getattr(network, name)
        for name in head_names(network)
        if any(n.startswith(f"{name}.") and n not in network.from_base for n in network.plain)
    }
    pooler = f"{network.base_model_prefix}.pooler"
    if any(n.startswith(pooler) and n not in network.from_base for n in network.plain):
        return {pooler: network.base_model.pooler, **head}
    return head


def put_nearest_class_mean(model: TunedModel, head: Any, train: Examples) -> None:
    """Give a new head for classes or tags the only weights that need no training.

    The class whose mean is nearest to x maximises m·x - |m|²/2, which is a linear layer. Where the
    head's last layer has no bias, means are put to length 1: the nearest by angle then wins. A
    class that no example has is never named. Of a network that takes the mean of two heads, each
    is given the means of what itself is given.

    Parameters
    ----------
    model : TextModel or VisionModel
        Changed in place: the last linear layer of its head, or of each.
    head : iterable of modules
        As found by ``head_modules``.
    train : Examples
        Labelled by classes or tags.
    """
    layers = [layer for part in head for layer in part.modules() if isinstance(layer, nn.Linear)]
    # a text passes the layers of its head one after another, a picture each of its heads
    for last in layers[-1:] if isinstance(model, TextModel) else layers:
        _put_means(last, model, train)


def _put_means(last: nn.Linear, model: TunedModel, train: Examples) -> None:
    vectors, labels = _inputs_of(last, model, train)
    counts = torch.bincount(labels, minlength=last.out_features)
    means = torch.zeros_like(last.weight).index_add_(0, labels, vectors)
    means /= counts.clamp(min=1)[:, None]
    absent = counts == 0
    with torch.no_grad():
        if last.bias is None:
            last.weight.copy_(nn.functional.normalize(means))
            last.weight[absent] = -nn.functional.normalize(vectors.mean(dim=0), dim=0)
        else:
            last.weight.copy_(means)
            last.bias.copy_(-means.square().sum(dim=1) / 2)
            last.bias[absent] = _NEVER


@torch.no_grad()
def _inputs_of(
    layer: nn.Linear, model: TunedModel, examples: Examples
) -> tuple[torch.Tensor, torch.Tensor]:
    """Run a model over examples and see what a layer of its head is given last, and the labels.

    One row for each text or picture, or for each tagged word.
    """
    items, collate = prepare(model, examples)
    layer_inputs: list[torch.Tensor] = []
    inputs: list[torch.Tensor] = []
    labels: list[torch.Tensor] = []
    hook = layer.register_forward_pre_hook(lambda _, arguments: layer_inputs.append(arguments[0]))
    try:
        for several in _together(model, items):
            collated = collate([items[n] for n in several])
            batch = {name: value.to(layer.weight.device) for name, value in collated.items()}
            logits = form_of(model.card).logits(model.network, batch)
            named = batch["labels"] != IGNORED  # for tags: the first token of each word
            own_inputs = layer_inputs[-1]
            if own_inputs.ndim > logits.ndim:
                # of each token; a linear layer of their mean is the mean of what it makes of them
                mask = batch["attention_mask"]
                own_inputs = weighted(mask / mask.sum(dim=1, keepdim=True), own_inputs)
                _refuse_other_than(layer(own_inputs), logits)
            inputs.append(own_inputs[named])
            labels.append(batch["labels"][named])
            layer_inputs.clear()
    finally:
        hook.remove()
    return torch.cat(inputs), torch.cat(labels)


def _together(model: TunedModel, items: Items) -> Iterator[Sequence[int]]:
    """Deal items into batches, of one length each where the network reads padding."""
    if isinstance(model, TextModel) and not model.ignores_padding:
        for length in np.unique(items.lengths):
            yield np.flatnonzero(items.lengths == length).tolist()
        return
    for start in range(0, len(items), _AT_ONCE):
        yield range(start, min(start + _AT_ONCE, len(items)))


def _refuse_other_than(logits: torch.Tensor, own_logits: torch.Tensor) -> None:
    if not torch.allclose(logits, own_logits, rtol=1e-3, atol=1e-3):
        raise ValueError("a head that names each token, and not by their mean the text")
