"""The head that needs no training: of each text or word, the class whose mean is nearest."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from pipeline.data.examples import LabelledTexts, TaggedTexts
from pipeline.models.travelling.architecture import unwrapped
from pipeline.models.travelling.framing import by_length
from pipeline.models.travelling.labelling import encode_segments, encode_words, logits_of
from pipeline.models.travelling.text import TextModel


def final_layer(network: Any) -> nn.Linear:
    """Find the linear layer of a head that gives the logits."""
    plain = unwrapped(network)
    n_classes = plain.config.num_labels
    layers = [m for m in plain.modules() if isinstance(m, nn.Linear)]
    return [layer for layer in layers if layer.out_features == n_classes][-1]


@torch.inference_mode()
def pooled(
    model: TextModel, examples: LabelledTexts | TaggedTexts, batch_size: int = 64
) -> tuple[torch.Tensor, torch.Tensor]:
    """Compute what a model's final layer sees of each text, or of each word.

    Returns
    -------
    tuple of Tensor, Tensor
        Vectors of shape (n_texts or n_words, n_features) and their labels.
    """
    tokenizer, room = model.tokenizer, model.room
    if isinstance(examples, LabelledTexts):
        encoded = encode_segments(tokenizer, room, examples.texts)
        labels = [torch.tensor([int(label)]) for label in examples.labels]
        places: list[list[int] | None] = [None] * len(encoded)
    else:
        texts = encode_words(tokenizer, room, examples.words)
        stretches = [s for text in texts for s in text]
        encoded, places = [s.encoded for s in stretches], [s.firsts for s in stretches]
        labels = [
            torch.from_numpy(tags[s.start : s.start + len(s.firsts)])
            for text, tags in zip(texts, examples.tags, strict=True)
            for s in text
        ]
    seen: list[torch.Tensor] = []
    hook = final_layer(model.network).register_forward_pre_hook(
        lambda _, inputs: seen.append(inputs[0])
    )
    vectors, order = [], []
    try:
        for members in by_length(encoded, batch_size):
            batch = model.batch([encoded[n] for n in members])
            logits_of(model.network, batch)
            n_tokens = batch["input_ids"].shape[1]
            for n, states in zip(members, seen[-1].float().cpu(), strict=True):
                firsts = places[n]  # prompts stand in front, so tokens are counted from the end
                vectors.append(states[None] if firsts is None else states[-n_tokens:][firsts])
                order.append(labels[n])
            seen.clear()
    finally:
        hook.remove()
    return torch.cat(vectors), torch.cat(order)


def set_nearest_class_mean(model: TextModel, examples: LabelledTexts | TaggedTexts) -> None:
    """Give a model, in place, the head that names the class with the nearest mean.

    The class whose mean m is nearest to x maximises m·x - |m|²/2. Where a head has no bias
    (decoders), that term is read off the direction c of the overall mean, along which hidden states
    are nearly constant: x·c/|c|² is about 1.
    """
    vectors, labels = pooled(model, examples)
    layer = final_layer(model.network)
    means = torch.zeros(layer.weight.shape)
    offsets = torch.full((len(means),), -1e4)  # a class that no example has is never named
    for label in set(labels.tolist()):
        means[label] = vectors[labels == label].mean(dim=0)
        offsets[label] = -means[label].square().sum() / 2
    with torch.no_grad():
        if layer.bias is None:
            common = vectors.mean(dim=0)
            layer.weight.copy_(means + offsets[:, None] * common / common.square().sum())
        else:
            layer.weight.copy_(means)
            layer.bias.copy_(offsets)
