"""A second, made-up language: one invented word for each word, and another word order.

The verb stands last, adjectives follow their noun, the preposition follows the place, and there
are no articles: ``the old cook stirs the soup in the kitchen .`` becomes
*kitchen in cook old soup stirs .* in invented words.
"""

from __future__ import annotations

from pipeline.errors import DataError, Problem
from pipeline.worlds.lexicon import CONTENT_WORDS, ROLES

_SYLLABLES = tuple(
    consonant + vowel for vowel in "aeiou" for consonant in ("b", "d", "g", "k", "l", "n", "s", "v")
)
_STRIDE = 617  # has no divisor in common with 40 x 40, so no two words get the same syllables


def _invent(index: int) -> str:
    first, second = divmod((index * _STRIDE + 101) % len(_SYLLABLES) ** 2, len(_SYLLABLES))
    return _SYLLABLES[first] + _SYLLABLES[second]


DICTIONARY: dict[str, str] = {word: _invent(index) for index, word in enumerate(CONTENT_WORDS)}


def translate(text: str) -> str:
    """Translate sentences of the simulated language into the second language.

    Parameters
    ----------
    text : str
        One or more sentences, each ended by ``.`` as a word of its own.

    Returns
    -------
    str
        The same number of sentences; the same text always gives the same translation.

    Raises
    ------
    DataError
        If the text holds a word that the dictionary lacks, or a sentence without verb or full stop.
    """
    sentences: list[list[str]] = [[]]
    for word in text.split():
        if word == ".":
            sentences.append([])
        elif word != "the":
            sentences[-1].append(_known(word))
    if sentences.pop() or not sentences:
        raise DataError(
            Problem("text to translate", "sentences ended by ' .'", repr(text), "End it by ' .'.")
        )
    return " ".join(_reordered(sentence) for sentence in sentences)


def _known(word: str) -> str:
    if word not in ROLES:
        raise DataError(
            Problem(
                "text to translate",
                "words of the simulated language",
                repr(word),
                "Take sentences from sample_passages.",
            )
        )
    return word


def _reordered(words: list[str]) -> str:
    """Order: time, place with its preposition, agent, object, manner, verb."""
    groups: dict[str, list[str]] = {
        role: [] for role in ("time", "place", "agent", "object", "adverb", "verb")
    }
    waiting: list[str] = []  # adjectives and prepositions stand before the noun they belong to
    for word in words:
        role = ROLES[word]
        if role in ("adjective", "preposition"):
            waiting.append(word)
            continue
        groups[role] += [word, *waiting]
        waiting = []
    if waiting or len(groups["verb"]) != 1:
        raise DataError(
            Problem(
                "sentence to translate",
                "one verb, and a noun after every adjective",
                " ".join(words),
                "Take sentences from sample_passages.",
            )
        )
    ordered = [word for group in groups.values() for word in group]
    return " ".join([*(DICTIONARY[word] for word in ordered), "."])
