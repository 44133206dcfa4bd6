"""Nuisance features, which voxels may follow too: length, place, words, brightness, pixels.

A model's features predict responses partly because they, too, follow how long a sentence is or
how bright a picture. Scored beside the model, such nuisance features say how far that goes.
"""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from pipeline.brains.dataset import Stimuli
from pipeline.brains.near_identical import shrink
from pipeline.words import BAG_OF_WORDS, PIXELS, WORD_FREQUENCY

#: At most this many principal components of the pixels, and at most one for four stimuli.
COMPONENTS, STIMULI_A_COMPONENT = 50, 4

Nuisance = dict[str, NDArray[np.float64]]


def nuisance_features(stimuli: Stimuli, with_groups: bool) -> Nuisance:
    """Compute the nuisance features of stimuli.

    Parameters
    ----------
    stimuli : Stimuli
    with_groups : bool
        Whether to add ``passage``, of sentences. It can matter only where passages are split
        between train and test: in all other folds the column of a test passage is constant
        over the training rows, and those of training passages are the same for all test rows.

    Returns
    -------
    dict of str to ndarray of float64, shape (n_stimuli, n_columns)
        Of sentences: ``length`` (words, characters), ``position`` (in the passage, from 0, in the
        order of the stimuli), ``word-frequency``, ``bag-of-words`` and ``passage`` (a column for
        each, 1 in its own sentences). Of pictures: ``brightness`` (mean of the pixels and their
        standard deviation, i.e. contrast) and ``pixels`` (leading principal components).

    Notes
    -----
    The frequency of a word is its logarithmic count in all the sentences together, as no corpus is
    at hand in every language; a sentence has the mean and the least of its words. A bag of words
    counts, in each sentence, every word that more than one stimulus group has: others say nothing
    of new groups. Letters are lower-cased, and marks between words are no words.

    Principal components are those of all pictures, test pictures among them, but no response is
    seen: what is learned from responses is learned in the training rows as ever.
    """
    if isinstance(stimuli.items, tuple):
        return _of_sentences(stimuli.items, stimuli.groups, with_groups)
    return _of_pictures(stimuli.items)


def _of_sentences(
    sentences: tuple[str, ...], passages: NDArray[np.str_], with_groups: bool
) -> Nuisance:
    lengths = [(len(sentence.split()), len(sentence)) for sentence in sentences]
    names, member = np.unique(passages, return_inverse=True)
    one_hot = (member[:, None] == np.arange(len(names))).astype(np.float64)
    position = (np.cumsum(one_hot, axis=0) * one_hot).sum(axis=1, keepdims=True) - 1
    counts = {
        "length": np.array(lengths, dtype=np.float64),
        "position": position,
        **_of_words(sentences, member),
    }
    return {**counts, "passage": one_hot} if with_groups else counts


def _of_words(sentences: tuple[str, ...], passage: NDArray[np.int64]) -> Nuisance:
    """Count words; nothing where sentences have none, and no bag where no word comes again."""
    counts = [Counter(re.findall(r"\w+", sentence.lower())) for sentence in sentences]
    total = sum(counts, Counter[str]())
    if not all(counts):
        return {}
    frequencies = [[np.log(total[word]) for word in own.elements()] for own in counts]
    features = {WORD_FREQUENCY: np.array([(np.mean(own), min(own)) for own in frequencies])}
    places: dict[str, set[int]] = {word: set() for word in total}
    for own, place in zip(counts, passage.tolist(), strict=True):
        for word in own:
            places[word].add(place)
    shared = sorted(word for word, own in places.items() if len(own) > 1)
    bag = np.array([[own[word] for word in shared] for own in counts], dtype=np.float64)
    return {**features, BAG_OF_WORDS: bag} if shared else features


def _of_pictures(pictures: NDArray[np.uint8]) -> Nuisance:
    pixels = shrink(pictures).reshape(len(pictures), -1)
    brightness = np.stack([pixels.mean(axis=1), pixels.std(axis=1)], axis=1)
    centred = pixels - pixels.mean(axis=0)
    # by the Gram matrix: there are fewer pictures than pixels
    n_pictures = len(pictures)
    most = max(1, min(COMPONENTS, n_pictures // STIMULI_A_COMPONENT))
    leading = (n_pictures - most, n_pictures - 1)
    values, vectors = scipy.linalg.eigh(centred @ centred.T, subset_by_index=leading)
    components = np.flatnonzero(values > values.max() * n_pictures * np.finfo(np.float64).eps)[::-1]
    return {"brightness": brightness, PIXELS: vectors[:, components] * np.sqrt(values[components])}
