"""Simulated voxels: a known signal, noise that groups share, and noise of every response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.responses import Responses
from pipeline.errors import DataError, Problem


@dataclass(frozen=True)
class VoxelSettings:
    """How voxels are simulated; all noise is in variances, as is the strength of a ROI.

    Parameters
    ----------
    strengths : mapping of str to float
        ROI -> variance of the signal of each of its voxels over stimuli.
    n_voxels : int
        Voxels in each ROI.
    group_noise, white_noise : float
        Noise variance in one presentation: shared by the stimuli of a group, and not shared.
    n_repeats : int
        Presentations of each stimulus.
    """

    strengths: Mapping[str, float]
    n_voxels: int
    group_noise: float
    white_noise: float
    n_repeats: int


@dataclass(frozen=True)
class SimulatedResponses:
    """Responses beside what only a simulation knows.

    Parameters
    ----------
    responses : Responses
    signal : ndarray of float64, shape (n_stimuli, n_voxels)
        The part of ``responses.values`` that the stimuli explain, each column centred.
    ceiling : mapping of str to float
        ROI -> :func:`known_ceiling`.
    """

    responses: Responses
    signal: NDArray[np.float64]
    ceiling: Mapping[str, float]


def known_ceiling(strength: float, settings: VoxelSettings) -> float:
    """Share of the variance of the averaged responses that is signal.

    With signal variance s, group noise g, white noise w and R repeats, all independent,
    the mean over repeats has variance s + (g + w) / R, so the share is s / (s + (g + w) / R).
    No model can explain more in new groups; its square root is the highest expected correlation.

    Parameters
    ----------
    strength : float
        Signal variance s.
    settings : VoxelSettings

    Returns
    -------
    float
        From 0 to 1.
    """
    noise = (settings.group_noise + settings.white_noise) / settings.n_repeats
    return strength / (strength + noise)


def simulate_responses(
    factors: Mapping[str, NDArray[np.float64]],
    groups: NDArray[np.str_],
    settings: VoxelSettings,
    rng: np.random.Generator,
) -> SimulatedResponses:
    """Simulate one subject.

    Each voxel reads its ROI's z-scored factors through its own random weights and is scaled to
    the ROI's signal variance. Every presentation adds a pattern over voxels that is the same for
    all stimuli of a group (a drift: folds that split groups can learn it, folds that keep them
    whole cannot) and white noise.

    Parameters
    ----------
    factors : mapping of str to ndarray, shape (n_stimuli, n_factors)
        ROI -> the latent factors that its voxels read.
    groups : ndarray of str, shape (n_stimuli,)
    settings : VoxelSettings
    rng : numpy.random.Generator

    Raises
    ------
    DataError
        If a ROI has no factor that varies over stimuli.
    """
    signals = [
        _readout(roi, matrix, settings.strengths[roi], settings.n_voxels, rng)
        for roi, matrix in factors.items()
    ]
    signal = np.concatenate(signals, axis=1)
    repeats = np.stack(
        [_presentation(signal, groups, settings, rng) for _ in range(settings.n_repeats)]
    )
    columns = np.arange(signal.shape[1], dtype=np.int64)
    rois = dict(zip(factors, np.split(columns, len(factors)), strict=True))
    values = repeats.mean(axis=0)
    several = repeats.astype(np.float32) if len(repeats) > 1 else None
    return SimulatedResponses(
        responses=Responses(values.astype(np.float32), rois, several),
        signal=signal,
        ceiling={roi: known_ceiling(settings.strengths[roi], settings) for roi in factors},
    )


def _readout(
    roi: str,
    factors: NDArray[np.float64],
    strength: float,
    n_voxels: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    spread = factors.std(axis=0)
    varying = factors[:, spread > 1e-12]
    if varying.shape[1] == 0:
        raise DataError(
            Problem(
                f"simulated ROI {roi}",
                "at least one factor that varies over stimuli",
                f"{factors.shape[1]} factors, all constant",
                "Ask for more stimuli.",
            )
        )
    scored = (varying - varying.mean(axis=0)) / varying.std(axis=0)
    signal = scored @ rng.standard_normal((scored.shape[1], n_voxels))
    return np.asarray(np.sqrt(strength) * signal / signal.std(axis=0))


def _presentation(
    signal: NDArray[np.float64],
    groups: NDArray[np.str_],
    settings: VoxelSettings,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    names, member = np.unique(groups, return_inverse=True)
    shared = rng.standard_normal((len(names), signal.shape[1]))[member]
    own = rng.standard_normal(signal.shape)
    noise = np.sqrt(settings.group_noise) * shared + np.sqrt(settings.white_noise) * own
    return np.asarray(signal + noise)
