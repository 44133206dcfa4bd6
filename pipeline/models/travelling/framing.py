"""Token sequences as an architecture wants them: segments, and the special tokens around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch

Encoded = Mapping[str, Sequence[int]]
"""``input_ids``, and ``token_type_ids`` where the architecture has them."""
Text = str | tuple[str, ...]
OWN = (
    "of_text"  # beside the ids of a text that is read behind a context: 1 where a token is its own
)


@dataclass(frozen=True)
class Frame:
    """The special tokens before, between and after one or two segments of text.

    Parameters
    ----------
    gaps : tuple of tuple of int
        One more than there are segments.
    types : tuple of int
        Token type of each gap and segment in turn; empty where the architecture knows none.
    """

    gaps: tuple[tuple[int, ...], ...]
    types: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """Number of special tokens."""
        return sum(len(gap) for gap in self.gaps)

    def start_of(self, segments: Sequence[Sequence[int]], which: int) -> int:
        """Find the position of the first token of a segment in the joined sequence."""
        return sum(map(len, self.gaps[: which + 1])) + sum(map(len, segments[:which]))

    def join(self, segments: Sequence[Sequence[int]]) -> dict[str, list[int]]:
        """Put the special tokens around segments that are token ids already."""
        pieces: list[Sequence[int]] = [self.gaps[0]]
        for segment, gap in zip(segments, self.gaps[1:], strict=True):
            pieces += [segment, gap]
        joined = {"input_ids": [token for piece in pieces for token in piece]}
        if self.types:
            typed = zip(pieces, self.types, strict=True)
            joined["token_type_ids"] = [kind for piece, kind in typed for _ in piece]
        return joined


def room_beside_prompts(context: int, prompt_room: int) -> int:
    """Count the tokens of a stimulus that all versions of a base read.

    Parameters
    ----------
    context : int
        Tokens that the base has positions for.
    prompt_room : int
        Positions that are left free for prompts; -1: a quarter of the context.
    """
    return context - (context // 4 if prompt_room < 0 else prompt_room)


def frame_of(tokenizer: Any, n_segments: int) -> Frame:
    """Read off a tokenizer what it puts around one or two segments.

    Decoders put nothing between two segments; their end-of-text token, if they have one, is then
    put there, the delimiter of Radford et al. 2018.
    """
    letters = "ab"[:n_segments]
    encoded = tokenizer(*letters)
    ids, types = encoded["input_ids"], encoded.get("token_type_ids")
    gaps, kinds, end = [], [], 0
    for letter in letters:
        bare = tokenizer(letter, add_special_tokens=False)["input_ids"]
        start = next(n for n in range(end, len(ids)) if ids[n : n + len(bare)] == bare)
        gaps.append(tuple(ids[end:start]))
        kinds += [types[start - 1 if start > end else start], types[start]] if types else []
        end = start + len(bare)
    gaps.append(tuple(ids[end:]))
    kinds += [types[-1]] if types else []
    if n_segments == 2 and not gaps[1] and tokenizer.eos_token_id is not None:
        gaps[1] = (tokenizer.eos_token_id,)
    return Frame(tuple(gaps), tuple(kinds))


def cut_source(
    tokens: Sequence[int], n_cue: int, room: int, keeps: Literal["start", "end"]
) -> list[int]:
    """Cut the tokens of a source and the cue behind it to a room; the cue stays whole.

    Parameters
    ----------
    tokens : sequence of int
        Of source and cue.
    n_cue : int
        How many of them, at the end, are the cue's.
    room : int
        More than the cue takes.
    keeps : 'start' or 'end'
        Which part of a source that is too long is kept.
    """
    if len(tokens) <= room or keeps == "end":
        return list(tokens[-room:])
    return [*tokens[: room - n_cue], *tokens[len(tokens) - n_cue :]]


def token_ids(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """Cut texts into tokens, without special ones."""
    ids: list[list[int]] = tokenizer(list(texts), add_special_tokens=False, verbose=False)[
        "input_ids"
    ]
    return ids


def encode_segments(tokenizer: Any, room: int, texts: Sequence[Sequence[str]]) -> list[Encoded]:
    """Encode texts of one or two segments each, cut where they do not fit into ``room`` tokens."""
    frames = {n: frame_of(tokenizer, n) for n in {len(text) for text in texts}}
    flat = iter(token_ids(tokenizer, [segment for text in texts for segment in text]))
    encoded: list[Encoded] = []
    for text in texts:
        frame = frames[len(text)]
        segments = [next(flat) for _ in text]
        encoded.append(frame.join(cut_longest(segments, room - frame.size)))
    return encoded


def encode_behind(
    tokenizer: Any, room: int, contexts: Sequence[str], texts: Sequence[str]
) -> list[Encoded]:
    """Encode texts that are read behind contexts, as one segment; contexts are cut in front.

    Returns
    -------
    list of Encoded
        With :data:`OWN`. A text whose context is empty stands as it stands alone.
    """
    frame = frame_of(tokenizer, 1)
    before = token_ids(tokenizer, contexts)
    spaced = [
        f" {text}" if context else text for context, text in zip(contexts, texts, strict=True)
    ]
    encoded: list[Encoded] = []
    for context, tokens in zip(before, token_ids(tokenizer, spaced), strict=True):
        own = tokens[: room - frame.size]
        read = context[len(context) - min(len(context), room - frame.size - len(own)) :]
        start, end = len(frame.gaps[0]) + len(read), len(frame.gaps[1])
        marks = [0] * start + [1] * len(own) + [0] * end
        encoded.append({**frame.join([[*read, *own]]), OWN: marks})
    return encoded


def cut_longest(segments: Sequence[Sequence[int]], room: int) -> list[Sequence[int]]:
    """Cut one or two segments from their ends, the longer first, until both fit into ``room``."""
    if len(segments) == 1:
        return [segments[0][:room]]
    first, second = map(len, segments)
    if first + second > room:
        half = room // 2
        first = max(room - second, room - half) if first >= second else min(first, half)
        second = room - first
    return [segments[0][:first], segments[1][:second]]


def padded(encoded: Sequence[Encoded], pad_token_id: int) -> dict[str, torch.Tensor]:
    """Stack sequences, padded on the right, with the mask that says what is padding.

    Raises
    ------
    ValueError
        When one is empty: no position then stands for it.
    """
    lengths = torch.tensor([len(one["input_ids"]) for one in encoded])
    if not lengths.all():
        raise ValueError("expected texts with at least one token; found one without any")
    longest = int(lengths.max())
    batch = {
        name: torch.tensor(
            [
                [
                    *one[name],
                    *[pad_token_id if name == "input_ids" else 0] * (longest - len(one[name])),
                ]
                for one in encoded
            ]
        )
        for name in encoded[0]
    }
    batch["attention_mask"] = (torch.arange(longest)[None] < lengths[:, None]).long()
    return batch


def by_length(
    encoded: Sequence[Encoded], batch_size: int, padded: bool = True
) -> Iterator[list[int]]:
    """Deal sequences into batches of similar length: the positions of each batch's members.

    Parameters
    ----------
    encoded : sequence of Encoded
    batch_size : int
    padded : bool
        Whether a batch may be of several lengths.
    """
    return _deal(encoded, lambda number, _: number <= batch_size, padded)


def as_segments(items: Sequence[Text]) -> list[tuple[str, ...]]:
    """Take each item for one or two segments of text."""
    return [(item,) if isinstance(item, str) else tuple(item) for item in items]


def by_tokens(
    encoded: Sequence[Encoded], most: int, further: int = 0, padded: bool = True
) -> Iterator[list[int]]:
    """Deal sequences into batches of similar length that hold about equally many tokens.

    Parameters
    ----------
    encoded : sequence of Encoded
    most : int
        Positions of a batch, padding counted; a longer sequence is a batch of its own.
    further : int
        Positions that each sequence takes besides its tokens.
    padded : bool
        Whether a batch may be of several lengths.

    Yields
    ------
    list of int
        Positions of the members of each batch, which is padded to the first of them.
    """
    return _deal(encoded, lambda number, longest: number * (longest + further) <= most, padded)


def _deal(
    encoded: Sequence[Encoded], fit: Callable[[int, int], bool], padded: bool
) -> Iterator[list[int]]:
    """Deal sequences into batches; ``fit(number, longest)`` says how many go into one."""
    members: list[int] = []
    longest = 0
    for n in _longest_first(encoded):
        length = len(encoded[n]["input_ids"])
        if members and not (fit(len(members) + 1, longest) and (padded or length == longest)):
            yield members
            members = []
        longest = longest if members else length
        members.append(n)
    if members:
        yield members


def _longest_first(encoded: Sequence[Encoded]) -> list[int]:
    return sorted(range(len(encoded)), key=lambda n: len(encoded[n]["input_ids"]), reverse=True)
