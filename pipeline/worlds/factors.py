"""Latent factors of a sentence, which simulated voxels respond to."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.worlds.lexicon import ADJECTIVES, ADVERBS, CONTENT_WORDS, LEXICON, TIMES, TOPICS
from pipeline.worlds.sentences import PLACED, TEMPLATES, Sentence

N_SEMANTIC = 24
_SEED = 20_240_917  # of the fixed embedding: part of the world, not of an experiment
_TOPIC_SHARE = 0.6  # variance that the words of a topic share


@lru_cache(maxsize=1)
def _embedding() -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]]]:
    """Topic vectors and word vectors, each component of about unit variance over words."""
    rng = np.random.default_rng(_SEED)
    topics = dict(zip(TOPICS, rng.standard_normal((len(TOPICS), N_SEMANTIC)), strict=True))
    own = dict(
        zip(CONTENT_WORDS, rng.standard_normal((len(CONTENT_WORDS), N_SEMANTIC)), strict=True)
    )
    words = dict(own)
    for name, topic in LEXICON.items():
        for word in topic.words:
            words[word] = (
                np.sqrt(_TOPIC_SHARE) * topics[name] + np.sqrt(1 - _TOPIC_SHARE) * own[word]
            )
    return topics, words


def topic_factors(topic: str) -> NDArray[np.float64]:
    """Return the meaning that all sentences of a topic share.

    Parameters
    ----------
    topic : str
        One of TOPICS.

    Returns
    -------
    ndarray of float64, shape (24,)
    """
    return _embedding()[0][topic].copy()


def semantic_factors(sentence: Sentence) -> NDArray[np.float64]:
    """Return the meaning of a sentence: the mean of its content words, modifiers at half weight.

    Words of one topic are correlated (0.6 of their variance is the topic's), so sentences of one
    topic are near each other, and nearer still when they share agent, verb, object or place.

    Returns
    -------
    ndarray of float64, shape (24,)
    """
    words = _embedding()[1]
    core = [sentence.agent, sentence.verb, sentence.object]
    if sentence.place:
        core.append(sentence.place)
    weights = [1.0] * len(core) + [0.5] * len(sentence.modifiers)
    vectors = np.stack([words[word] for word in (*core, *sentence.modifiers)])
    return np.asarray(np.average(vectors, axis=0, weights=weights), dtype=np.float64)


def form_factors(sentence: Sentence) -> NDArray[np.float64]:
    """Return what a sentence looks like, whatever it means.

    Returns
    -------
    ndarray of float64, shape (18,)
        Number of words, number of characters, and 0 or 1 for: has an adjective, has an adverb,
        has a time, has a place; then one column for each template, 1 where it is the sentence's.
    """
    words = set(sentence.modifiers)
    template = np.zeros(len(TEMPLATES))
    template[sentence.template] = 1.0
    counts = [
        float(len(sentence.words)),
        float(len(sentence.text)),
        float(bool(words & set(ADJECTIVES))),
        float(bool(words & set(ADVERBS))),
        float(bool(words & set(TIMES))),
        float(sentence.template in PLACED),
    ]
    return np.concatenate([counts, template])
