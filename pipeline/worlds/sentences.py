"""Sentences and passages of the simulated language: what they are made of, how they are written."""

from __future__ import annotations

from dataclasses import dataclass

# The ways to say who does what; the first five also say where.
TEMPLATES: tuple[str, ...] = (
    "the AGENT VERB the OBJECT PLACE",
    "the QUALITY AGENT VERB the OBJECT PLACE",
    "PLACE the AGENT VERB the OBJECT",
    "PLACE the AGENT VERB the KIND OBJECT",
    "the AGENT MANNER VERB the OBJECT PLACE",
    "the AGENT VERB the OBJECT",
    "the QUALITY AGENT VERB the OBJECT",
    "the AGENT MANNER VERB the OBJECT",
    "the AGENT VERB the KIND OBJECT",
    "TIME the AGENT VERB the OBJECT",
    "TIME the QUALITY AGENT VERB the OBJECT",
    "the QUALITY AGENT MANNER VERB the KIND OBJECT",
)
PLACED: tuple[int, ...] = tuple(i for i, form in enumerate(TEMPLATES) if "PLACE" in form.split())
UNPLACED: tuple[int, ...] = tuple(i for i in range(len(TEMPLATES)) if i not in PLACED)


@dataclass(frozen=True)
class Sentence:
    """One sentence and the choices it was written from.

    Parameters
    ----------
    text : str
        Lower case, words and the final full stop separated by spaces.
    topic : str
        One of TOPICS.
    template : int
        Position in TEMPLATES.
    agent, verb, object : str
    place : str
        Empty where the sentence does not say where.
    modifiers : tuple of str
        Adjectives, adverb and time, in the order of the text.
    """

    text: str
    topic: str
    template: int
    agent: str
    verb: str
    object: str
    place: str = ""
    modifiers: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The words, without the full stop."""
        return tuple(self.text.split()[:-1])


@dataclass(frozen=True)
class Passage:
    """Four sentences about one topic, opened by a protagonist at a place.

    Parameters
    ----------
    topic : str
        One of TOPICS.
    sentences : tuple of Sentence
        No verb and no object occurs twice, so questions about them have one answer.
    """

    topic: str
    sentences: tuple[Sentence, ...]

    @property
    def text(self) -> str:
        """The sentences, one after the other."""
        return " ".join(sentence.text for sentence in self.sentences)

    @property
    def place(self) -> str:
        """Where the first sentence happens."""
        return self.sentences[0].place
