"""Causal language models: answers, and hidden states pooled over tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .card import Card
from .torchvision_on_cpu import declare_torchvision_operators

HEADS = {
    "classification": "SequenceClassification",
    "tagging": "TokenClassification",
    "spans": "QuestionAnswering",
}


class TextModel:
    """A causal language model that answers texts and shows its hidden states."""

    poolings = ("mean", "last")

    def __init__(self, network: Any, tokenizer: Any, card: Card) -> None:
        self.network = network.eval()
        self.tokenizer = tokenizer
        self.tokenizer.padding_side = "right"
        self.card = card

    @torch.inference_mode()
    def perform(self, items: Sequence[str], batch_size: int = 64) -> list[str]:
        """Do the task: write greedily after each text and its cue."""
        answers = [""] * len(items)
        for batch in self._of_equal_length(items, batch_size):
            input_ids = torch.tensor(list(batch.values()), device=self.network.device)
            written = self.network.generate(
                input_ids=input_ids,
                attention_mask=torch.ones_like(input_ids),
                max_new_tokens=self.card.max_target_tokens,
                do_sample=False,
                pad_token_id=self.tokenizer.pad_token_id,
            )
            texts = self.tokenizer.batch_decode(
                written[:, input_ids.shape[1] :], skip_special_tokens=True
            )
            for index, text in zip(batch, texts, strict=True):
                answers[index] = text.strip()
        return answers

    def _of_equal_length(
        self, items: Sequence[str], batch_size: int
    ) -> Iterator[dict[int, list[int]]]:
        """Batch texts of the same number of tokens, by their place among the items.

        Padding would have to go in front of a text, between it and the prompt, where PEFT counts
        positions wrongly: the same text would get another answer in other company.
        """
        room = self.network.config.n_positions - self.card.prompt_length
        room -= self.card.max_target_tokens
        lengths: dict[int, dict[int, list[int]]] = {}
        texts = [item + self.card.cue for item in items]
        for index, tokens in enumerate(self.tokenizer(texts)["input_ids"]):
            kept = tokens[-room:]  # the end, so that the cue stays when a text is too long
            lengths.setdefault(len(kept), {})[index] = kept
        for alike in lengths.values():
            places = list(alike)
            for start in range(0, len(places), batch_size):
                yield {index: alike[index] for index in places[start : start + batch_size]}

    @torch.inference_mode()
    def features(
        self, items: Sequence[str], pooling: str = "mean", batch_size: int = 64
    ) -> NDArray[np.float32]:
        """Compute one vector a text and layer, prompts in place but their positions dropped.

        Parameters
        ----------
        items : sequence of str
            Texts, without the task's cue.
        pooling : 'mean' or 'last'
            Mean over the text's tokens, or its last token.
        batch_size : int

        Returns
        -------
        ndarray of float32, shape (n_stimuli, n_layers + 1, n_features)
            Layer 0 is the embedding; the last layer is after the final norm.
        """
        room = self.network.config.n_positions - self.card.prompt_length
        pooled = []
        for start in range(0, len(items), batch_size):
            batch = self.tokenizer(
                list(items[start : start + batch_size]),
                return_tensors="pt",
                padding=True,
                truncation=True,
                max_length=room,
            ).to(self.network.device)
            mask = batch["attention_mask"]
            states = self.network(
                input_ids=batch["input_ids"], attention_mask=mask, output_hidden_states=True
            ).hidden_states
            tokens = mask.shape[1]
            # a prompt lengthens the states in front; a prefix acts on keys and values only
            layers = torch.stack([state[:, state.shape[1] - tokens :] for state in states], dim=1)
            pooled.append(_pool_tokens(layers, mask, pooling).float().cpu().numpy())
        return np.concatenate(pooled)


def _pool_tokens(layers: torch.Tensor, mask: torch.Tensor, pooling: str) -> torch.Tensor:
    if pooling == "last":
        last = mask.sum(dim=1) - 1
        return layers[torch.arange(len(mask), device=mask.device), :, last]
    weights = mask[:, None, :, None].to(layers.dtype)
    return (layers * weights).sum(dim=2) / weights.sum(dim=2)


def load_text_network(folder: Path, card: Card) -> Any:
    """Load a language model from a folder, with the head that the card's form of task needs.

    Encoder-decoders and decoders write; classification, tagging and spans put a head on top, which
    is new unless the folder holds it.
    """
    factory, config = _kind_of_network(folder, card)
    return factory.from_pretrained(folder, config=config, local_files_only=True)


def random_text_network(folder: Path, card: Card) -> Any:
    """Make a language model like the one in a folder, at random weights; its own are not read."""
    factory, config = _kind_of_network(folder, card)
    return factory.from_config(config)


def _kind_of_network(folder: Path, card: Card) -> tuple[Any, Any]:
    """Find the auto class that puts on the head a form of task needs, and the configuration."""
    declare_torchvision_operators()
    import transformers

    config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
    if card.classes:
        config.num_labels = len(card.classes)
    if card.form == "generation":
        kind = "Seq2SeqLM" if config.is_encoder_decoder else "CausalLM"
    else:
        kind = HEADS[card.form]
    return getattr(transformers, f"AutoModelFor{kind}"), config


def load_tokenizer(folder: Path) -> Any:
    """Load a tokenizer that can pad: with its end-of-text token where it has no other."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer
