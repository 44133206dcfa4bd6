"""Language models: what a card asks of them, and hidden states pooled over tokens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .architecture import context_length, kind_of, stack_of, unwrapped
from .card import Card
from .forms import FORMS
from .forms.form import head_inputs
from .framing import (
    OWN,
    Encoded,
    Text,
    as_segments,
    by_length,
    by_tokens,
    encode_behind,
    encode_segments,
    frame_of,
    padded,
    room_beside_prompts,
)
from .insertions.prompt import prompt_given_out
from .layers import LayerReader, Pooled, in_order, positions_at_once, states_of
from .padding import ignores_padding
from .pooling import weighted, with_prompt
from .vocabulary import padding_of, refuse_unknown_tokens

UNLIMITED = 1 << 20  # tokens, where distances and not positions are what a model knows


class TextModel:
    """A language model that does the task on its card and shows its hidden states.

    Attributes
    ----------
    poolings : tuple of str
        What ``features`` can do: ``class`` only where the first token stands for the text.
    padding : int
        Token that fills up the shorter texts of a batch.
    context, room : int
        Tokens that the architecture has positions for, and that are left beside the prompt.
    """

    poolings: tuple[str, ...] = ("mean", "last", "class")

    def __init__(self, network: Any, tokenizer: Any, card: Card) -> None:
        self.network = network.eval()
        self.tokenizer = tokenizer
        self.tokenizer.padding_side = "right"
        self.card = card
        config = unwrapped(network).config
        refuse_unknown_tokens(unwrapped(network), tokenizer, card.base)
        self.padding = padding_of(unwrapped(network), tokenizer)
        if getattr(config, "pad_token_id", None) is None:  # without which decoders classify nothing
            config.pad_token_id = self.padding
        self.kind = kind_of(config)
        if card.form in FORMS:
            FORMS[card.form].settle(unwrapped(network), tokenizer, card)
        if self.kind != "encoder":
            self.poolings = ("mean", "last")
        self.context = context_length(config) or UNLIMITED
        self.room = self.context - card.prompt_length

    @torch.inference_mode()
    def perform(self, items: Sequence[Text], batch_size: int = 64) -> list[str]:
        """Do the task that the card names.

        Parameters
        ----------
        items : sequence of str, or of tuple of str
            Generation: sources, without the cue. Classification: texts, or pairs of texts.
            Tagging: texts with spaces between words. Spans: (question, text).
        batch_size : int

        Returns
        -------
        list of str
            What was written; the name of a class; a tag for each word, with spaces between; the
            stretch of the text that answers the question.
        """
        return FORMS[self.card.form].perform(self, items, batch_size)

    def batch(self, encoded: Sequence[Encoded]) -> dict[str, torch.Tensor]:
        """Stack encoded texts, padded, on the network's device."""
        device = next(self.network.parameters()).device
        stacked = padded(encoded, self.padding)
        return {name: tensor.to(device) for name, tensor in stacked.items()}

    def logits(self, encoded: Sequence[Encoded], batch_size: int) -> list[torch.Tensor]:
        """Compute what the head says of each text; see :class:`TextForm`."""
        form = FORMS[self.card.form]
        by_place: dict[int, torch.Tensor] = {}
        for members in by_length(encoded, batch_size, padded=self.ignores_padding):
            logits = form.logits(self.network, self.batch([encoded[n] for n in members]))
            by_place |= dict(zip(members, logits.float().cpu(), strict=True))
        return [by_place[n] for n in range(len(encoded))]

    def stimulus_room(self, prompt_room: int = -1) -> int:
        """Count the tokens of a stimulus that are read, which no method decides.

        Versions of one base are compared on the same tokens: all of them leave the same positions
        free for prompts, with a prompt or without.

        Parameters
        ----------
        prompt_room : int
            Positions to leave free; -1: a quarter of the context.

        Raises
        ------
        ValueError
            When nothing is left of the context.
        """
        if prompt_room >= self.context:
            raise ValueError(
                f"expected a prompt_room below the context of {self.context}; found {prompt_room}"
            )
        return room_beside_prompts(self.context, prompt_room)

    def token_counts(self, items: Sequence[Text]) -> list[int]:
        """Count the tokens of texts, special ones included, before anything is cut."""
        encoded = encode_segments(self.tokenizer, UNLIMITED, as_segments(items))
        return [len(one["input_ids"]) for one in encoded]

    def features(
        self,
        items: Sequence[Text],
        pooling: str = "mean",
        tokens_at_once: int = 0,
        prompt_room: int = -1,
    ) -> NDArray[np.float32]:
        """Compute one vector a text and layer: see :meth:`feature_batches`.

        Returns
        -------
        ndarray of float32, shape (n_stimuli, n_layers + 1, n_features)
            Layer 0 is the embedding; the last layer is after the final norm.
        """
        batches = self.feature_batches(items, pooling, tokens_at_once, prompt_room)
        return np.stack(in_order(batches, len(items)), axis=1)

    @torch.inference_mode()
    def feature_batches(
        self,
        items: Sequence[Text],
        pooling: str = "mean",
        tokens_at_once: int = 0,
        prompt_room: int = -1,
        contexts: Sequence[str] = (),
        prompt_positions: str = "out",
    ) -> Iterator[Pooled]:
        """Compute one vector a text and layer, prompts in place.

        Special tokens are no part of a stimulus: they are computed with, but neither averaged
        nor the last token. Of an encoder-decoder these are the encoder's states.

        Parameters
        ----------
        items : sequence of str, or of tuple of str
            Texts, without the task's cue.
        pooling : 'mean', 'last' or 'class'
            Mean over the text's tokens, its last token, or the class token in front of it.
        tokens_at_once : int
            Positions of a batch, padding counted; 0: what keeps the device busy.
        prompt_room : int
            See :meth:`stimulus_room`, to which longer texts are cut.
        contexts : sequence of str
            What is read before each text and not pooled, as much of its end as there is room for;
            empty: texts stand alone.
        prompt_positions : 'out' or 'in'
            Whether a mean is over the prompt's positions too, where tokens have any among them.

        Yields
        ------
        Pooled
            A batch of texts of about the same length, the longest first.

        Raises
        ------
        ValueError
            When the tokenizer leaves nothing of a text, or the prompt leaves less room for one
            than other methods have.
        """
        room = self.stimulus_room(prompt_room)
        encoded = (
            encode_behind(self.tokenizer, room, contexts, [str(item) for item in items])
            if contexts
            else encode_segments(self.tokenizer, room, as_segments(items))
        )
        longest = max(len(one["input_ids"]) for one in encoded)
        if longest > self.room:
            length = self.card.prompt_length
            raise ValueError(
                f"expected texts of at most {self.room} tokens beside a prompt of {length}; found "
                f"one of {longest}. For all versions that are compared say prompt_room={length}."
            )
        shortest = min(encoded, key=lambda one: len(one["input_ids"]))
        trial = self.batch([{name: ids for name, ids in shortest.items() if name != OWN}])
        reader = LayerReader(stack_of(unwrapped(self.network)), trial)
        most = tokens_at_once or positions_at_once(self.network)
        further = self.card.prompt_length if self.card.insertion == "prompt" else 0
        for members in by_tokens(encoded, most, further, padded=self.ignores_padding):
            batch = self.batch([encoded[n] for n in members])
            weights = self._weights(batch, pooling, batch.pop(OWN, batch["attention_mask"]))
            if further and prompt_positions == "in":
                pool = partial(weighted, with_prompt(weights, further))
                with prompt_given_out(unwrapped(self.network)):
                    vectors = reader.pooled(batch, pool)
            else:
                vectors = reader.pooled(batch, partial(weighted, weights))
            yield members, list(torch.stack(vectors).cpu().numpy())

    def states(self, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, ...]:
        """Compute the hidden states of every layer, of tokens alone, by the stack without its head.

        Returns
        -------
        tuple of Tensor, each of shape (n_texts, n_tokens, n_features)

        Raises
        ------
        ValueError
            When the stack gives more or fewer states than there are tokens.
        """
        layers = states_of(stack_of(unwrapped(self.network)), batch)
        n_tokens = batch["input_ids"].shape[1]
        is_prompted = self.card.insertion == "prompt"
        # the decoder attends to the prompt's states too, so the encoder gives them out
        if is_prompted and self.kind == "encoder-decoder":
            layers = tuple(states[:, self.card.prompt_length :] for states in layers)
        if any(states.shape[1] != n_tokens for states in layers):
            raise ValueError(f"expected a state a token, {n_tokens}; found {layers[-1].shape[1]}")
        return layers

    def last_layer(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Pool the last layer over a text's own tokens, as features are, with its gradients.

        Parameters
        ----------
        batch : mapping of str to Tensor, shape (n_texts, n_tokens)

        Returns
        -------
        Tensor, shape (n_texts, n_features)
        """
        inputs = head_inputs(batch)
        weights = self._weights(inputs, "mean", inputs["attention_mask"])
        return weighted(weights, self.states(inputs)[-1])

    def _weights(
        self, batch: Mapping[str, torch.Tensor], pooling: str, of_text: torch.Tensor
    ) -> torch.Tensor:
        """How much each token counts, shape (n_texts, n_tokens); each row adds up to one.

        Of those that ``of_text`` marks with 1, a text's own.
        """
        mask = batch["attention_mask"]
        if pooling == "class":
            return torch.nn.functional.one_hot(torch.zeros_like(mask[:, 0]), mask.shape[1]).float()
        special = torch.isin(batch["input_ids"], self._special.to(mask.device))
        own = of_text.bool() & ~special
        if not own.any(dim=1).all():
            raise ValueError("expected texts with at least one token; found one without any")
        if pooling == "last":
            places = torch.arange(mask.shape[1], device=mask.device)
            last = torch.where(own, places, -1).max(dim=1).values
            return torch.nn.functional.one_hot(last, mask.shape[1]).float()
        return own.float() / own.sum(dim=1, keepdim=True)

    @cached_property
    def ignores_padding(self) -> bool:
        """Whether texts of several lengths may be read together: as tried, once, on the network."""
        return ignores_padding(self)

    @cached_property
    def _special(self) -> torch.Tensor:
        frames = [frame_of(self.tokenizer, n) for n in (1, 2)]
        return torch.tensor([token for f in frames for gap in f.gaps for token in gap])
