"""The two simulated brains: subjects who read sentences, and subjects who look at pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.brain import Brain
from pipeline.brains.dataset import BrainDataset, Stimuli
from pipeline.brains.simulated.voxels import SimulatedResponses, VoxelSettings, simulate_responses
from pipeline.config import SimulatedBrainConfig, SimulationConfig
from pipeline.errors import ConfigError, Problem, refuse
from pipeline.worlds.language import form_factors, sample_passages, semantic_factors, topic_factors
from pipeline.worlds.pictures import (
    draw_all,
    exemplar,
    lowlevel_factors,
    object_factors,
    sample_pictures,
    scene_factors,
)

Factors = Mapping[str, NDArray[np.float64]]

_SENTENCES_A_PASSAGE = 4
_EXEMPLARS = 2
_POOL = 20
# Signal variance of each ROI; group_noise and white_noise are on the same scale.
_STRENGTHS = {"language": 1.0, "dmn": 0.6, "task": 0.25, "visual": 0.25}
_PICTURE_STRENGTHS = {"LOC": 1.0, "OPA": 0.7, "EarlyVis": 0.7}
# Added to the seed, so that subjects do not see what tasks of the same seed train on.
_STIMULUS_SEED = 700_000


def sentence_stimuli(config: SimulationConfig) -> tuple[Stimuli, Factors]:
    """Write the sentences and give what each ROI responds to.

    Parameters
    ----------
    config : SimulationConfig
        ``n_stimuli`` is a multiple of 4.

    Returns
    -------
    Stimuli
        The passage is the group.
    mapping of str to ndarray, shape (n_stimuli, n_factors)
        ``language`` responds to the meaning of a sentence, ``dmn`` to what its passage is about,
        ``visual`` to its form, ``task`` a little to everything.
    """
    refuse(_whole_passages(config), ConfigError)
    n_passages = config.n_stimuli // _SENTENCES_A_PASSAGE
    passages = sample_passages(n_passages, _STIMULUS_SEED + config.seed)
    semantic = np.stack([semantic_factors(s) for p in passages for s in p.sentences])
    form = np.stack([form_factors(s) for p in passages for s in p.sentences])
    gist = semantic.reshape(n_passages, _SENTENCES_A_PASSAGE, -1).mean(axis=1)
    topic = np.stack([topic_factors(p.topic) for p in passages])
    about = np.repeat(np.concatenate([topic, gist], axis=1), _SENTENCES_A_PASSAGE, axis=0)
    stimuli = Stimuli(
        items=tuple(sentence.text for p in passages for sentence in p.sentences),
        groups=np.array(
            [f"passage{i:03d}-{p.topic}" for i, p in enumerate(passages) for _ in p.sentences]
        ),
    )
    mixed = np.concatenate([semantic, about, form], axis=1)
    return stimuli, {"language": semantic, "dmn": about, "task": mixed, "visual": form}


def picture_stimuli(config: SimulationConfig) -> tuple[Stimuli, Factors]:
    """Draw the pictures and give what each ROI responds to.

    Parameters
    ----------
    config : SimulationConfig
        ``n_stimuli`` is a multiple of 2.

    Returns
    -------
    Stimuli
        The identity (colour, shape and layout) is the group; each is drawn twice, with another
        size, place, rotation and contrast.
    mapping of str to ndarray, shape (n_stimuli, n_factors)
        ``LOC`` responds to the object, ``OPA`` to the scene, ``EarlyVis`` to low-level features.
    """
    refuse(_whole_identities(config), ConfigError)
    n_identities = config.n_stimuli // _EXEMPLARS
    seed = _STIMULUS_SEED + config.seed
    rng = np.random.default_rng(seed)
    # Drawn from many: in a small balanced set the pictures left out of a fold would be missing
    # among those it trains on, and features of no use would score below chance.
    pool = sample_pictures(_POOL * n_identities, seed)
    identities = [pool[i] for i in rng.permutation(len(pool))[:n_identities]]
    pictures = [exemplar(identity, rng) for identity in identities for _ in range(_EXEMPLARS)]
    stimuli = Stimuli(draw_all(pictures, seed), np.array([p.identity for p in pictures]))
    return stimuli, {
        "LOC": np.stack([object_factors(p) for p in pictures]),
        "OPA": np.stack([scene_factors(p) for p in pictures]),
        "EarlyVis": np.stack([lowlevel_factors(p) for p in pictures]),
    }


def _whole_passages(config: SimulationConfig) -> Iterator[Problem]:
    return _in_wholes(config.n_stimuli, _SENTENCES_A_PASSAGE, "sentences in a passage")


def _whole_identities(config: SimulationConfig) -> Iterator[Problem]:
    return _in_wholes(config.n_stimuli, _EXEMPLARS, "exemplars of a picture")


def _in_wholes(n_stimuli: int, n_each: int, what: str) -> Iterator[Problem]:
    if n_stimuli % n_each:
        remedy = f"Ask for {n_stimuli - n_stimuli % n_each + n_each}."
        yield Problem("n_stimuli", f"a multiple of {n_each}, the {what}", str(n_stimuli), remedy)


def simulate_subjects(
    config: SimulationConfig,
    n_subjects: int,
    factors: Factors,
    groups: NDArray[np.str_],
    strengths: Mapping[str, float],
) -> dict[str, SimulatedResponses]:
    """Simulate every subject, each with readout and noise of its own.

    Parameters
    ----------
    config : SimulationConfig
    n_subjects : int
    factors : mapping of str to ndarray, shape (n_stimuli, n_factors)
    groups : ndarray of str, shape (n_stimuli,)
    strengths : mapping of str to float
        ROI -> signal variance.

    Returns
    -------
    dict of str to SimulatedResponses
        ``sim1``, ``sim2``, …; a subject does not depend on how many there are.
    """
    settings = VoxelSettings(
        strengths={roi: config.effect * strength for roi, strength in strengths.items()},
        n_voxels=config.n_voxels,
        group_noise=config.group_noise,
        white_noise=config.white_noise,
        n_repeats=config.n_repeats,
    )
    return {
        f"sim{number}": simulate_responses(
            factors, groups, settings, np.random.default_rng((config.seed, number))
        )
        for number in range(1, n_subjects + 1)
    }


def load_simulated_sentences(config: SimulatedBrainConfig) -> BrainDataset:
    """Simulate subjects who read passages of the simulated language."""
    stimuli, factors = sentence_stimuli(config)
    return _dataset("simulated-sentences", config, stimuli, factors, _STRENGTHS)


def load_simulated_pictures(config: SimulatedBrainConfig) -> BrainDataset:
    """Simulate subjects who look at simulated pictures."""
    stimuli, factors = picture_stimuli(config)
    return _dataset("simulated-pictures", config, stimuli, factors, _PICTURE_STRENGTHS)


def _dataset(
    name: str,
    config: SimulatedBrainConfig,
    stimuli: Stimuli,
    factors: Factors,
    strengths: Mapping[str, float],
) -> BrainDataset:
    simulated = simulate_subjects(config, config.n_subjects, factors, stimuli.groups, strengths)
    ceilings = next(iter(simulated.values())).ceiling
    shares = ", ".join(f"{roi} {share:.2f}" for roi, share in ceilings.items())
    return BrainDataset(
        name=name,
        stimuli=stimuli,
        subjects={subject: one.responses for subject, one in simulated.items()},
        source=f"simulated by this package, seed {config.seed}; share of signal: {shares}",
    )


SIMULATED_SENTENCES = Brain(
    name="simulated-sentences",
    modality="text",
    summary="simulated subjects read passages of a simulated language",
    read=load_simulated_sentences,
    check=_whole_passages,
    settings=SimulatedBrainConfig,
)
SIMULATED_PICTURES = Brain(
    name="simulated-pictures",
    modality="image",
    summary="simulated subjects look at simulated pictures of shapes before scenes",
    read=load_simulated_pictures,
    check=_whole_identities,
    settings=SimulatedBrainConfig,
)
