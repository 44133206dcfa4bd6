"""Simulated studies with a known truth: subjects, stimulus groups, trainings of three models.

Models ``first`` and ``second`` know equally much of what subjects respond to, each more of another
half of it; ``worse`` is ``second`` with noisier features. Subjects weigh the halves differently, so
the difference between two models differs between subjects, with mean 0 between the first two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.words import Direction

Array = NDArray[np.float64]

MODELS = ("first", "second", "worse")
N_STIMULI_A_PASSAGE, N_PASSAGES_A_TOPIC = 4, 4
N_FACTORS, N_FEATURES, N_VOXELS = 6, 12, 12
N_SUBJECTS = 9
#: Variance of the noise of every layer's features; that of their signal is 1.
LAYERS = {"layer_1": 1.0, "layer_2": 1.4}
#: How much noisier the features of ``worse`` are.
WORSE = 1.6
#: By how much more a model knows one half of the factors; spread of the subjects' preferences.
LEANING, PREFERENCE = 0.25, 0.35
#: Spread over trainings of the logarithm of the features' noise: about .01 in 2v2 accuracy.
TRAINING = 0.12
#: How much of the task a model has learnt at each step of a training whose versions are scored.
LEARNT = {"first": (0.2, 0.6, 1.0), "second": (0.1, 0.45, 0.8), "worse": (0.1, 0.45, 0.8)}
#: Logarithm of the noise that features have more before anything is learnt.
UNLEARNT = 0.7
#: Accuracy on the validation split before anything is learnt, and what learning adds to it.
UNTRAINED_ACCURACY, GAIN = 0.5, 0.4
#: Variance of the noise of responses; that of their signal is 1.
NOISE = {"low": 0.5, "ordinary": 4.0}
#: Shares of topic, passage and single stimulus in the variance of what is drawn at random.
SHARES = {
    "grouped": (0.0, 0.5, 0.5),
    "topics": (0.25, 0.25, 0.5),
    "known topics": (0.25, 0.25, 0.5),
}


@dataclass(frozen=True)
class World:
    """What a simulated study is drawn from.

    Parameters
    ----------
    n_groups : int
        Stimulus groups that the analysis knows: passages of four stimuli, or topics of four
        passages where topics are known.
    noise : {'low', 'ordinary'}
    structure : {'grouped', 'topics', 'known topics'}
        Whether factors and noise are correlated within passages only, or within topics of four
        passages too, of which the analysis knows nothing or which are its groups.
    n_seeds : int
        Trainings of each model; with one, all trainings are alike.
    direction : {'encoding', 'decoding'}
        Which is scored; both see the same draws.
    on_the_way : bool
        Whether a model's versions are three steps of one training, and no trainings.
    same_people : bool
        Whether every study shows its stimuli to the same nine people, each of whom is looked at by
        itself.
    tuned_in_folds : bool
        Whether each fold has versions of its own of ``first`` and ``second``, tuned on the
        responses to its training stimuli; in place of ``worse`` stands ``first`` as it is.
    """

    n_groups: int
    noise: str
    structure: str
    n_seeds: int
    direction: Direction = "encoding"
    on_the_way: bool = False
    same_people: bool = False
    tuned_in_folds: bool = False

    @property
    def n_versions(self) -> int:
        """Versions of each model that are scored: trainings, or steps of one."""
        return len(LEARNT[MODELS[0]]) if self.on_the_way else self.n_seeds

    @property
    def name(self) -> str:
        """Name of the files that keep what was simulated."""
        structure = self.structure.replace(" ", "-")
        names = (f"{self.n_groups}", self.noise, structure, f"{self.n_seeds}")
        further = {
            "decoding": self.direction == "decoding",
            "on-the-way": self.on_the_way,
            "same-people": self.same_people,
            "tuned-in-folds": self.tuned_in_folds,
        }
        return "-".join([*names, *(name for name, is_so in further.items() if is_so)])

    @property
    def n_passages(self) -> int:
        """Passages of four stimuli."""
        return self.n_groups * (N_PASSAGES_A_TOPIC if self.structure == "known topics" else 1)

    @property
    def groups(self) -> NDArray[np.str_]:
        """Stimulus group of every stimulus."""
        names = np.array([f"{number:02d}" for number in range(self.n_groups)])
        return np.repeat(names, self.n_passages // self.n_groups * N_STIMULI_A_PASSAGE)


@dataclass(frozen=True)
class Draw:
    """One simulated study.

    Parameters
    ----------
    features : mapping of (model, version, layer) to ndarray, shape (n_stimuli, n_features)
    responses : mapping of subject to ndarray, shape (n_stimuli, n_voxels)
    preferences : ndarray of float64, shape (n_subjects,)
        What subjects differ by.
    """

    features: Mapping[tuple[str, int, str], Array]
    responses: Mapping[str, Array]
    preferences: Array


def draw_study(world: World, seed: int) -> Draw:
    """Draw stimuli, the features that models have of them, and the responses of nine subjects.

    Parameters
    ----------
    world : World
    seed : int
    """
    rng = np.random.default_rng((seed, world.n_groups, world.n_seeds))
    people = np.random.default_rng(2) if world.same_people else rng
    factors = _correlated(world, N_FACTORS, rng)
    preferences = np.clip(PREFERENCE * people.standard_normal(N_SUBJECTS), -0.9, 0.9)
    features = _features(world, factors, rng)
    responses = {}
    for number, preference in enumerate(preferences):
        signal = _signal(factors, float(preference), people)
        noise = np.sqrt(NOISE[world.noise]) * _correlated(world, N_VOXELS, rng)
        responses[str(number)] = signal + noise
    return Draw(features, responses, preferences)


def _features(
    world: World, factors: Array, rng: np.random.Generator
) -> dict[tuple[str, int, str], Array]:
    fixed = np.random.default_rng(1)
    readout = {layer: _half_readout(fixed) for layer in LAYERS}
    features = {}
    for model in MODELS:
        lean = LEANING if model == "first" else -LEANING
        known = factors * np.sqrt(np.repeat([1 + lean, 1 - lean], N_FACTORS // 2))
        own = {layer: _correlated(world, N_FEATURES, rng) for layer in LAYERS}
        for version in range(world.n_versions):
            more = _noise_of_version(world, model, version, rng)
            for layer, noise in LAYERS.items():
                amount = noise * more * (WORSE if model == "worse" else 1.0)
                signal = known @ readout[layer]
                features[model, version, layer] = signal + np.sqrt(amount) * own[layer]
    return features


def _noise_of_version(world: World, model: str, version: int, rng: np.random.Generator) -> float:
    """Say how much noisier the features of a training, or of a step of one, are than the mean."""
    if world.on_the_way:
        return float(np.exp(UNLEARNT * (1 - LEARNT[model][version])))
    return float(np.exp(TRAINING * rng.standard_normal())) if world.n_seeds > 1 else 1.0


def validation_scores(model: str, n_examples: int, seed: int) -> list[float]:
    """Give the accuracy of a model on the validation split, step by step of its training.

    Parameters
    ----------
    model : str
    n_examples : int
        That it is measured on; 0: the accuracy itself.
    seed : int
        Of the study.
    """
    exact = UNTRAINED_ACCURACY + GAIN * np.array(LEARNT[model])
    if not n_examples:
        return [float(accuracy) for accuracy in exact]
    rng = np.random.default_rng((seed, MODELS.index(model), n_examples))
    return [float(right / n_examples) for right in rng.binomial(n_examples, exact)]


def _half_readout(rng: np.random.Generator) -> Array:
    """Read both halves of the factors in the same way, so that neither is easier."""
    half = rng.standard_normal((N_FACTORS // 2, N_FEATURES // 2)) / np.sqrt(N_FACTORS // 2)
    return np.kron(np.eye(2), half)


def _signal(factors: Array, preference: float, person: np.random.Generator) -> Array:
    """Draw how a person's voxels mix the factors, half of which they prefer."""
    weighed = factors * np.sqrt(np.repeat([1 + preference, 1 - preference], N_FACTORS // 2))
    mixed: Array = weighed @ person.standard_normal((N_FACTORS, N_VOXELS)) / np.sqrt(N_FACTORS)
    return mixed


def _correlated(world: World, n_columns: int, rng: np.random.Generator) -> Array:
    """Draw columns of variance 1, correlated within passages and topics."""
    topic, passage, single = SHARES[world.structure]
    n_passages = world.n_passages
    n_stimuli = n_passages * N_STIMULI_A_PASSAGE
    of_topic = rng.standard_normal((n_passages // N_PASSAGES_A_TOPIC, n_columns))
    of_passage = rng.standard_normal((n_passages, n_columns))
    total: Array = np.sqrt(single) * rng.standard_normal((n_stimuli, n_columns))
    total += np.sqrt(passage) * of_passage.repeat(N_STIMULI_A_PASSAGE, axis=0)
    total += np.sqrt(topic) * of_topic.repeat(N_PASSAGES_A_TOPIC * N_STIMULI_A_PASSAGE, axis=0)
    return total
