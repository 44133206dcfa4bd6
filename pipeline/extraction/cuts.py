"""Stimuli longer than the context of a language model: how many are cut, and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.errors import Problem


@dataclass(frozen=True)
class Cuts:
    """What a language model does not read of its stimuli.

    Parameters
    ----------
    room : int
        Tokens of a stimulus that are read.
    n_stimuli, n_tokens : int
        How many stimuli are longer, and how many of their tokens are left out.
    """

    room: int
    n_stimuli: int
    n_tokens: int

    def __str__(self) -> str:
        longer = "stimulus is" if self.n_stimuli == 1 else "stimuli are"
        return (
            f"{self.n_stimuli} {longer} longer than the {self.room} tokens that all versions of "
            f"this base read: {self.n_tokens} tokens are left out"
        )


def count_cuts(token_counts: Sequence[int], room: int) -> Cuts:
    """Count what does not fit into a room.

    Parameters
    ----------
    token_counts : sequence of int
        Tokens of each stimulus, special ones included.
    room : int
        Tokens that are read of each.
    """
    left_out = [count - room for count in token_counts if count > room]
    return Cuts(room, len(left_out), sum(left_out))


def prompt_room_problems(prompt_room: int, context: int, name: str) -> Iterator[Problem]:
    """Find out whether the positions left free for prompts are all that a context has.

    Parameters
    ----------
    prompt_room : int
    context : int
        Tokens that the model has positions for.
    name : str
        Of the model, for a person.
    """
    if prompt_room >= context:
        expected = f"below {context}, the context of {name}"
        yield Problem("prompt_room", expected, str(prompt_room), "Lower prompt_room.")


def room_problems(
    token_counts: Sequence[int], room: int, beside_prompt: int, prompt_length: int
) -> Iterator[Problem]:
    """Find out whether a prompt leaves less room for the stimuli than other methods have.

    Parameters
    ----------
    token_counts : sequence of int
    room : int
        Tokens of a stimulus that all versions of the base read.
    beside_prompt : int
        Tokens for which this version has room.
    prompt_length : int
    """
    longest = min(max(token_counts), room)
    if longest > beside_prompt:
        yield Problem(
            "prompt_room",
            f"at least {prompt_length}, the length of this version's prompt, since stimuli of "
            f"{longest} tokens do not fit beside it",
            f"{room} tokens for every method",
            f"Say prompt_room={prompt_length} for all versions of this base that are compared.",
        )
