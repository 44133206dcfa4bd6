"""A small simulated language: passages, their summaries, questions about them, translations.

Everything is known about its sentences, so what a model or a simulated voxel should be sensitive
to can be computed. The words look like English; the sentences mean no more than they say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from pipeline.errors import DataError, Problem
from pipeline.worlds.factors import form_factors, semantic_factors, topic_factors
from pipeline.worlds.lexicon import ADJECTIVES, ADVERBS, LEXICON, TIMES, TOPICS, Topic
from pipeline.worlds.second_language import DICTIONARY, translate
from pipeline.worlds.sentences import PLACED, TEMPLATES, UNPLACED, Passage, Sentence

__all__ = [
    "DICTIONARY",
    "TOPICS",
    "Passage",
    "Sentence",
    "ask",
    "form_factors",
    "sample_passages",
    "semantic_factors",
    "summarise",
    "topic_factors",
    "translate",
]

MOST_PASSAGES = 20_000  # beyond this, new sentences become hard to find


def sample_passages(n: int, seed: int) -> tuple[Passage, ...]:
    """Write passages, balanced over topics, in which no sentence occurs twice.

    Parameters
    ----------
    n : int
        How many, from 0 to 20000.
    seed : int
        The same seed gives the same passages; a smaller ``n`` gives the first of them.

    Returns
    -------
    tuple of Passage, length n
        Any run of 24 passages from a multiple of 24 on holds every topic once.

    Raises
    ------
    DataError
        If ``n`` is out of range.
    """
    if not 0 <= n <= MOST_PASSAGES:
        raise DataError(
            Problem(
                "number of passages", f"0 to {MOST_PASSAGES}", f"{n}", "Ask for fewer passages."
            )
        )
    rng = np.random.default_rng(seed)
    used: set[str] = set()
    topics = _rounds(rng)
    return tuple(_passage(LEXICON[next(topics)], rng, used) for _ in range(n))


def summarise(passage: Passage) -> str:
    """Say in one short sentence what the passage opens with: who does what, and where."""
    first = passage.sentences[0]
    where = _where(LEXICON[passage.topic], first.place)
    return f"the {first.agent} {first.verb} the {first.object} {where} ."


def ask(passage: Passage, rng: np.random.Generator) -> tuple[str, str]:
    """Ask one question that the passage answers.

    Parameters
    ----------
    passage : Passage
    rng : numpy Generator
        Decides which sentence is asked about, and whether who, what or where.

    Returns
    -------
    question, answer : str
        Such as ``'where is the baker ?'`` and ``'the kitchen'``.
    """
    kind = ("who", "what", "where")[rng.integers(3)]
    sentences = passage.sentences
    if kind == "where":
        sentences = tuple(sentence for sentence in sentences if sentence.place)
    about = sentences[rng.integers(len(sentences))]
    if kind == "who":
        return f"who {about.verb} the {about.object} ?", f"the {about.agent}"
    if kind == "what":
        return f"the {about.agent} {about.verb} what ?", f"the {about.object}"
    return f"where is the {about.agent} ?", f"the {about.place}"


def _rounds(rng: np.random.Generator) -> Iterator[str]:
    while True:
        for index in rng.permutation(len(TOPICS)):
            yield TOPICS[index]


def _passage(topic: Topic, rng: np.random.Generator, used: set[str]) -> Passage:
    """Protagonist here, protagonist again, somebody else elsewhere, one of the others."""
    agents = _pick(topic.agents, 3, rng)
    verbs = _pick(topic.verbs, 4, rng)
    objects = _pick(topic.objects, 4, rng)
    places = _pick(topic.places, 2, rng)
    last = agents[1 + rng.integers(2)]
    plan = (
        (agents[0], places[0]),
        (agents[0], ""),
        (agents[1], places[1]),
        (last, ""),
    )
    sentences = tuple(
        _sentence(topic, (agent, verb, thing, place), rng, used)
        for (agent, place), verb, thing in zip(plan, verbs, objects, strict=True)
    )
    return Passage(topic.name, sentences)


def _sentence(
    topic: Topic, choice: tuple[str, str, str, str], rng: np.random.Generator, used: set[str]
) -> Sentence:
    """Write a sentence that is not in ``used``, and add it there."""
    agent, verb, thing, place = choice
    forms = PLACED if place else UNPLACED
    while True:
        template = int(forms[rng.integers(len(forms))])
        slots = {
            "AGENT": agent,
            "VERB": verb,
            "OBJECT": thing,
            "PLACE": _where(topic, place) if place else "",
            "QUALITY": ADJECTIVES[rng.integers(len(ADJECTIVES))],
            "KIND": ADJECTIVES[rng.integers(len(ADJECTIVES))],
            "MANNER": ADVERBS[rng.integers(len(ADVERBS))],
            "TIME": TIMES[rng.integers(len(TIMES))],
        }
        form = TEMPLATES[template].split()
        text = " ".join(slots.get(slot, slot) for slot in form) + " ."
        if text not in used:
            used.add(text)
            modifiers = tuple(slots[s] for s in form if s in ("QUALITY", "KIND", "MANNER", "TIME"))
            return Sentence(text, topic.name, template, agent, verb, thing, place, modifiers)


def _where(topic: Topic, place: str) -> str:
    return f"{topic.prepositions[place]} the {place}"


def _pick(words: Sequence[str], n: int, rng: np.random.Generator) -> list[str]:
    return [words[index] for index in rng.permutation(len(words))[:n]]
