"""Costs of features, ceilings and brain scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.alignment.dataset.units import OF_A_FIT, Unit, count_processes, ridge_flops
from pipeline.alignment.kernel.shared_grams import MOST_BYTES
from pipeline.alignment.primal.cost import EIGEN, FoldSizes, prefers_primal, primal_flops
from pipeline.alignment.primal.wide_rois import encodes_by_sums
from pipeline.config import AlignConfig
from pipeline.forecast.facts import BrainFacts, FeatureFacts, NetworkFacts, SubjectFacts
from pipeline.forecast.machine import Machine
from pipeline.forecast.passes import FLOAT, Passes, forward_seconds
from pipeline.forecast.run_cost import Cost
from pipeline.words import Modality

DOUBLE = 8  # bytes
TOKENS_AT_ONCE = 512  # of a CPU, where the setting leaves it open
#: What nuisance features are: their kinds, all together, and columns of the widest.
NUISANCE_SOURCES: dict[Modality, int] = {"text": 4, "image": 3}
NUISANCE_COLUMNS = 20
CEILING_SOURCES = 3  # of as many kinds: from repeats, from other subjects, from a known signal
TABLE_ROW = 200  # bytes of a row of scores.csv, and of the sums over pairs that belong to it
OF_A_WORKER = 0.5  # what a process that computes has loaded, beside the one that runs a study
PRIMAL_COPIES = 3  # of z-scored columns: themselves, their training rows, and in a basis
FOREIGN_COPIES = 3  # of features: as they are in their files, in order, and as they are written
N_FOLDS = 5  # outer folds whose matrices are held at once
#: Matrices over stimuli that decoding holds of a ROI that no memory holds: its kernel, and about
#: four over the rows that an inner fold fits.
WIDE_MATRICES = 3
MAP_BYTES = 12  # of a voxel and fold: r, R² and the compressed volume of both


@dataclass(frozen=True)
class Fits:
    """Ridge fits of one subject that share their decompositions.

    Parameters
    ----------
    n_stimuli : int
    sources : int
        Layers, or what stands in their place.
    columns : int
        Of a source.
    voxels : tuple of int
        Of each ROI.
    directions : int
        2 where responses predict features too.
    """

    n_stimuli: int
    sources: int
    columns: int
    voxels: tuple[int, ...]
    directions: int


def pair_calls(fits: Fits, config: AlignConfig) -> float:
    """Count inner folds times pairs of a source and a ROI, in every direction."""
    folds = _scored_folds(config) * config.inner_folds
    return float(fits.sources * len(fits.voxels) * fits.directions * folds)


def fit_flops(fits: Fits, config: AlignConfig) -> float:
    """Count the operations of ridge fits in all folds, each ROI on the side that is cheaper."""
    n, p, fold = fits.n_stimuli, fits.columns, _fold_sizes(fits.n_stimuli, config)
    small = [v for v in fits.voxels if prefers_primal(fold, p, v)]
    large = [v for v in fits.voxels if v not in small]
    back = fits.directions - 1
    primal = sum(primal_flops(fold, p, v) + back * primal_flops(fold, v, p) for v in small)
    flops = _scored_folds(config) * fits.sources * primal
    if large:
        decomposed = fits.sources + back * len(large)
        pairs = fits.sources * len(large) * fits.directions
        grams = 2 * n**2 * (fits.sources * p + sum(large))
        flops += _scored_folds(config) * (_fold_flops(n, decomposed, pairs, config) + grams)
    return float(flops)


def _scored_folds(config: AlignConfig) -> int:
    """Count the outer folds that are scored: one alone, where a version belongs to one."""
    return config.folds if config.fold < 0 else 1


def _fold_sizes(n_stimuli: int, config: AlignConfig) -> FoldSizes:
    """Give the sizes of an outer fold."""
    n_train = n_stimuli - n_stimuli // config.folds
    return FoldSizes(n_stimuli, n_train, config.inner_folds, config.trials)


def _fold_flops(n: int, decomposed: int, pairs: int, config: AlignConfig) -> float:
    """Count one outer fold on the kernel side, without its Gram matrices."""
    train = n * (1 - 1 / config.folds)
    fit_rows, left_out = train * (1 - 1 / config.inner_folds), train / config.inner_folds
    decompositions = decomposed * EIGEN * (train**3 + config.inner_folds * fit_rows**3)
    products = (
        3 * fit_rows**3 + 4 * left_out * fit_rows**2 + 2 * config.trials * left_out**2 * fit_rows
    )
    return decompositions + pairs * (config.inner_folds * products + 6 * (n - train) * train**2)


def extract_cost(
    config: AlignConfig, network: NetworkFacts, brain: BrainFacts, machine: Machine
) -> Cost:
    """Estimate the features of a model for all stimuli."""
    positions = network.room if brain.modality == "image" else brain.stimulus_tokens
    read = min(positions, network.room)
    at_once = max(1.0, (config.tokens_at_once or TOKENS_AT_ONCE) // read)
    passes = Passes(brain.n_stimuli, read, 0, min(at_once, brain.n_stimuli))
    features = network.features.bytes_of(brain.n_stimuli)
    # features lie on disk while they are computed, and are read as a whole when they are reused
    memory = machine.process_memory + FLOAT * network.parameters + features
    seconds = machine.bookkeeping + forward_seconds(network, passes, machine)
    return Cost(seconds, memory, features, features)


def foreign_cost(features: FeatureFacts, n_stimuli: int, machine: Machine) -> Cost:
    """Estimate what it takes to check features of another tool and to copy them into the store."""
    size = features.bytes_of(n_stimuli)
    return Cost(machine.bookkeeping, machine.process_memory + FOREIGN_COPIES * size, size, size)


def reference_cost(config: AlignConfig, brain: BrainFacts, machine: Machine) -> Cost:
    """Estimate ceilings, and encoding from nuisance features."""
    sources = CEILING_SOURCES + (NUISANCE_SOURCES[brain.modality] if config.nuisance else 0)
    units = [
        (subject, [Fits(subject.n_stimuli, sources, NUISANCE_COLUMNS, subject.voxels, 1)])
        for subject in brain.subjects
    ]
    return _cost_of(units, config, brain, machine)


def align_cost(
    config: AlignConfig, features: FeatureFacts, brain: BrainFacts, machine: Machine
) -> Cost:
    """Estimate the brain scores of a model, and those of its layers beside nuisance features."""
    layers, columns = features.layers, config.width or features.width
    units = []
    for subject in brain.subjects:
        n, voxels = subject.n_stimuli, subject.voxels
        fits = [Fits(n, layers, columns, voxels, 2)]
        patterns = tuple(count for count in voxels if count > 1)
        if config.nuisance and patterns:
            fits.append(Fits(n, layers, columns + NUISANCE_COLUMNS, patterns, 1))
        units.append((subject, fits))
    one = _cost_of(units, config, brain, machine)
    n_voxels = sum(subject.n_columns for subject in brain.subjects)
    maps = MAP_BYTES * _scored_folds(config) * n_voxels if config.maps else 0
    seconds = one.seconds * (1 + OF_A_FIT * config.permutations)
    return Cost(seconds, one.memory, one.scratch, one.stored + maps)


def _cost_of(
    units: list[tuple[SubjectFacts, list[Fits]]],
    config: AlignConfig,
    brain: BrainFacts,
    machine: Machine,
) -> Cost:
    """Sum up units of work that processes share among them."""
    if config.split == "leave-one-group-out":
        config = config.model_copy(update={"folds": brain.n_groups})
    again = (2 if config.split == "shuffled" else 1) * config.repeats
    each = [(subject, fits) for subject, several in units for fits in several]
    processes = _processes([fits for _, fits in each] * again, config, brain)
    worked = again * sum(_seconds(fits, config, machine) for _, fits in each)
    rows = again * sum(pair_calls(fits, config) / config.inner_folds for _, fits in each)
    largest = max((_unit_bytes(subject, fits, config) for subject, fits in each), default=0.0)
    memory = machine.process_memory + sum(subject.bytes_held for subject in brain.subjects)
    seconds = machine.bookkeeping + worked / min(processes, machine.cores)
    if processes > 1:
        seconds += machine.worker_start
        memory += processes * machine.process_memory * OF_A_WORKER
    shared = sum(again * _matrix_bytes(subject, fits[0], config) for subject, fits in units)
    memory += processes * (largest + min(MOST_BYTES, shared))
    return Cost(seconds, memory, TABLE_ROW * rows, TABLE_ROW * rows)


def _processes(every: list[Fits], config: AlignConfig, brain: BrainFacts) -> int:
    """Count the processes that the alignment itself would start for such units."""

    def flops(fits: Fits) -> float:
        groups = (np.arange(fits.n_stimuli) * brain.n_groups // brain.n_stimuli).astype(str)
        widths = [(fits.columns, voxels) for voxels in fits.voxels] * fits.sources
        return ridge_flops(groups, widths, config)

    return count_processes(config, [Unit("", pd.DataFrame, (), flops(fits)) for fits in every])


def _seconds(fits: Fits, config: AlignConfig, machine: Machine) -> float:
    called = pair_calls(fits, config) * machine.pair_call
    return called + fit_flops(fits, config) / machine.alignment


def _unit_bytes(subject: SubjectFacts, fits: Fits, config: AlignConfig) -> float:
    """Estimate what a unit holds: its copy of responses and features, and what fits are made of.

    On the kernel side these are matrices over stimuli: of the ROIs in all folds, of the sources in
    one. On the primal side they are columns, z-scored in double precision, as sources are where
    matrices of all folds would fill the memory.
    """
    n, p, fold = fits.n_stimuli, fits.columns, _fold_sizes(fits.n_stimuli, config)
    small = [voxels for voxels in fits.voxels if prefers_primal(fold, p, voxels)]
    n_large, wide = len(fits.voxels) - len(small), _is_wide(subject, fits, config)
    arrays = FLOAT * n * (subject.n_columns + fits.sources * p)
    columns = DOUBLE * PRIMAL_COPIES * n * (p + sum(small)) if small else 0
    if wide:
        columns += DOUBLE * PRIMAL_COPIES * n * p * fits.sources
    matrices = DOUBLE * 2 * n**2 * fits.sources if n_large and not wide else 0
    return float(arrays + columns + matrices) + _matrix_bytes(subject, fits, config)


def _matrix_bytes(subject: SubjectFacts, fits: Fits, config: AlignConfig) -> float:
    """Count the bytes of a subject's Gram matrices, which all of its units share.

    In all folds; or what decoding holds of one ROI in one fold, where those would fill the memory.
    """
    n, n_large = fits.n_stimuli, _n_large(subject, fits, config)
    if _is_wide(subject, fits, config):
        return float(DOUBLE * n**2 * WIDE_MATRICES * (fits.directions - 1))
    return float(DOUBLE * 2 * n**2 * n_large * N_FOLDS)


def _is_wide(subject: SubjectFacts, fits: Fits, config: AlignConfig) -> bool:
    """Say whether ROIs are scored without Gram matrices of all folds."""
    n = fits.n_stimuli
    trains = [n - n // N_FOLDS] * N_FOLDS
    return encodes_by_sums(_n_large(subject, fits, config), n, trains, fits.columns)


def _n_large(subject: SubjectFacts, fits: Fits, config: AlignConfig) -> int:
    """Count the ROIs of the kernel side."""
    fold = _fold_sizes(fits.n_stimuli, config)
    return sum(not prefers_primal(fold, fits.columns, voxels) for voxels in subject.voxels)
