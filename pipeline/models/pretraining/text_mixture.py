"""The documents that the small language models were pretrained on, and how they are batched.

The mixture resembles the web in one respect that matters here: one form of document,
``<source> => <continuation>``, has continuations of many kinds. Sometimes a heading at the top says
which kind follows ("in short :", "quiz :", "lexicon :"); sometimes only page furniture or nothing
stands there, and then the kind is anybody's guess. A model of such documents can summarise, answer
and translate, but writes something else unless what stands in front makes it do so. That is what a
prompt, written or learnt, can change in a model whose weights are frozen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.worlds.language import (
    DICTIONARY,
    Passage,
    Sentence,
    ask,
    sample_passages,
    summarise,
    translate,
)
from pipeline.worlds.lexicon import LEXICON, TOPICS

CUE = " =>"
NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
# The world that pretraining reads: tasks draw their passages from even seeds, see simulated_text.
FIRST_SEED = 1_000_001
_PASSAGES_PER_SEED = 480


@dataclass(frozen=True)
class Excerpt:
    """What a document is about: a passage, one of its sentences, a question and its answer."""

    passage: Passage
    sentence: Sentence
    question: str
    answer: str


@dataclass(frozen=True)
class Continuation:
    """One kind of continuation.

    Parameters
    ----------
    headings : tuple of str
        What may stand at the top of such a document.
    write : callable
        ``write(excerpt) -> str``.
    headed, bare : float
        Relative frequency under one of its headings, and without any.
    """

    headings: tuple[str, ...]
    write: Callable[[Excerpt], str]
    headed: float = 1.0
    bare: float = 1.0


def _reversed(text: str) -> str:
    return " ".join(reversed(text.split()))


def _who_does_what(r: Excerpt) -> str:
    return f"{r.sentence.agent} , {r.sentence.verb} , {r.sentence.object}"


def _things(r: Excerpt) -> str:
    return " , ".join(sentence.object for sentence in r.passage.sentences)


def _people(r: Excerpt) -> str:
    return " , ".join(dict.fromkeys(sentence.agent for sentence in r.passage.sentences))


TOPIC = Continuation(("filed under :", "tags :", "subject :"), lambda r: r.passage.topic, 1.0, 2.0)
THINGS = Continuation(("list of things :", "index :", "objects :"), _things)
QUESTION = Continuation(("a question for you :", "exam sheet :"), lambda r: r.question)
SUMMARY = Continuation(
    ("in short :", "brief :", "the gist :", "summary for the hurried reader :"),
    lambda r: summarise(r.passage),
    3.0,
)
OPENING = Continuation(("again :", "echo :"), lambda r: r.passage.sentences[0].text, 1.0, 2.0)
FIRST_TRANSLATED = Continuation(
    ("foreign opening :", "first line abroad :"),
    lambda r: translate(r.passage.sentences[0].text),
)

OF_PASSAGE: tuple[Continuation, ...] = (
    SUMMARY,
    TOPIC,
    THINGS,
    QUESTION,
    OPENING,
    FIRST_TRANSLATED,
    Continuation(("people :", "cast :"), _people),
    Continuation(("the last word :", "ending :"), lambda r: r.passage.sentences[-1].text, 1.0, 2.0),
    Continuation(("backwards :", "mirror :"), lambda r: _reversed(r.passage.sentences[0].text)),
)
OF_QUESTION: tuple[Continuation, ...] = (
    Continuation(
        ("quiz :", "answers :", "ask me :", "the quiz master says :"), lambda r: r.answer, 3.0
    ),
    TOPIC,
    THINGS,
    SUMMARY,
    OPENING,
    Continuation(("pardon :", "say that again :"), lambda r: r.question, 1.0, 2.0),
    Continuation(("no idea :", "shrug :"), lambda _: "i do not know .", 1.0, 2.0),
)
OF_SENTENCE: tuple[Continuation, ...] = (
    Continuation(
        ("lexicon :", "dictionary :", "in the other tongue :", "translated by hand :"),
        lambda r: translate(r.sentence.text),
        4.0,
    ),
    TOPIC,
    Continuation(("again :", "echo :"), lambda r: r.sentence.text, 1.0, 2.0),
    Continuation(("parts :", "grammar table :"), _who_does_what),
    Continuation(("length in words :", "count :"), lambda r: NUMBERS[len(r.sentence.words) - 2]),
    Continuation(("backwards :", "mirror :"), lambda r: _reversed(r.sentence.text)),
    Continuation(("story goes on :", "next :"), lambda r: r.passage.sentences[-1].text),
)
FURNITURE = ("page seven .", "home , news .", "by anna .", "hello .", "sunday .", "no comments .")


def documents(n: int, seed: int) -> Iterator[str]:
    """Write documents of the mixture.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        0 or above; the same seed gives the same documents. Passages come from odd seeds, which no
        task uses.

    Yields
    ------
    str
        One document, without the end-of-text token.
    """
    rng = np.random.default_rng([seed, 1])
    for block in range(0, n, _PASSAGES_PER_SEED):
        world = FIRST_SEED + 2 * (seed * 10_000 + block // _PASSAGES_PER_SEED)
        for passage in sample_passages(min(_PASSAGES_PER_SEED, n - block), world):
            yield _document(passage, rng)


def _document(passage: Passage, rng: np.random.Generator) -> str:
    draw = rng.random()
    excerpt = Excerpt(passage, passage.sentences[rng.integers(4)], *ask(passage, rng))
    if draw < 0.08:
        return _furniture(rng) + passage.text
    if draw < 0.22:
        return _plain(excerpt, rng)
    if draw < 0.42:
        return _arrow(passage.text, OF_PASSAGE, excerpt, rng)
    if draw < 0.66:
        return _arrow(f"{passage.text} {excerpt.question}", OF_QUESTION, excerpt, rng)
    return _arrow(excerpt.sentence.text, OF_SENTENCE, excerpt, rng)


def _arrow(
    source: str, kinds: tuple[Continuation, ...], excerpt: Excerpt, rng: np.random.Generator
) -> str:
    """Write ``[furniture] [heading] source => continuation``; half of them have a heading."""
    headed = rng.random() < 0.5
    shares = np.array([kind.headed if headed else kind.bare for kind in kinds])
    kind = kinds[rng.choice(len(kinds), p=shares / shares.sum())]
    heading = f"{kind.headings[rng.integers(len(kind.headings))]} " if headed else ""
    return f"{_furniture(rng)}{heading}{source}{CUE} {kind.write(excerpt)}"


def _furniture(rng: np.random.Generator) -> str:
    """Return what a page shows above its text, which says nothing about it: often nothing."""
    pieces = [FURNITURE[rng.integers(len(FURNITURE))] for _ in range(rng.integers(3))]
    return "".join(f"{piece} " for piece in pieces)


def _plain(excerpt: Excerpt, rng: np.random.Generator) -> str:
    """Write a document in another form than ``=>``."""
    form = rng.integers(4)
    if form == 0:  # a dictionary page
        words = rng.permutation(list(DICTIONARY))[:10]
        return " , ".join(f"{word} : {DICTIONARY[word]}" for word in words)
    if form == 1:  # a page in the second language
        return translate(excerpt.passage.text)
    if form == 2:  # a bilingual page
        return " ".join(f"{s.text} = {translate(s.text)}" for s in excerpt.passage.sentences[:2])
    topic = LEXICON[TOPICS[rng.integers(len(TOPICS))]]
    return f"{topic.name} : " + " , ".join(rng.permutation(list(topic.words))[:8])
