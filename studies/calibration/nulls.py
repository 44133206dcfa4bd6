"""Calibration of the permutation tests, by simulation: how often unrelated data are called related.

Command: ``python -m studies.calibration.nulls [--data n] [--folder outputs/nulls] [--write]``

Features and responses are drawn apart from one another, but stimuli of one passage or topic share
part of either. Each is tested by 199 exchanges with layer and alpha chosen anew. Of p <= .05 there
should be one in twenty. P values are kept in the folder: the same command goes on from there.
``--write`` puts the table into docs/evidence.md.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from pipeline.alignment.alphas import draw_alphas
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.permutations.exchanges import draw_permutations
from pipeline.alignment.permutations.null_vectors import null_vectors
from pipeline.alignment.sources import Layer
from pipeline.config import ScoreConfig
from pipeline.words import DIRECTIONS
from studies.calibration.tables import line_of, write_between

SETTINGS = ScoreConfig(folds=4, inner_folds=3, trials=5)
N_STIMULI, N_EXCHANGES, LEVEL, BATCH = 48, 199, 0.05, 100
#: Stimuli of one passage, or topic of two passages.
SIZES = {"passages of 2": 2, "topics of 4": 4}
MARKS = "<!-- nulls: begin -->", "<!-- nulls: end -->"
COLUMNS = ("exchanged", "correlated in", "direction", "data", "p ≤ .05", "95 % interval")


@dataclass(frozen=True)
class NullWorld:
    """Unrelated features and responses.

    Parameters
    ----------
    exchanged, sharing : str
        In :data:`SIZES`: the stimulus groups that folds keep whole and that are exchanged, and the
        stimuli that share half the variance of features, and of responses.
    """

    exchanged: str
    sharing: str

    @property
    def name(self) -> str:
        """Of its folder."""
        return f"{self.exchanged} exchanged, {self.sharing} correlated".replace(" ", "-")

    def p_values(self, seeds: range) -> NDArray[np.float64]:
        """Test data of each seed, shape (n_seeds, 2): encoding and decoding."""
        exchanged, sharing = (
            np.arange(N_STIMULI) // SIZES[size] for size in (self.exchanged, self.sharing)
        )
        folds, alphas = nested_folds(exchanged, SETTINGS), draw_alphas(SETTINGS)
        orders = draw_permutations(exchanged, N_EXCHANGES, seed=0)

        def tested(seed: int) -> list[float]:
            rng = np.random.default_rng(seed)
            layers = {f"h.{n}": Layer(_drawn(rng, 10 * (n + 1), sharing)) for n in range(2)}
            rois = {"roi": _drawn(rng, 12, sharing)}
            return [
                null_vectors(layers, rois, direction, folds, alphas, "pearson", orders)["roi"].p
                for direction in DIRECTIONS
            ]

        return np.array([tested(seed) for seed in seeds])


WORLDS = (
    NullWorld("passages of 2", "passages of 2"),
    NullWorld("topics of 4", "topics of 4"),
    NullWorld("topics of 4", "passages of 2"),
    NullWorld("passages of 2", "topics of 4"),
)


def main() -> None:
    """Test what is missing, and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m studies.calibration.nulls", description=__doc__
    )
    parser.add_argument("--data", type=int, default=2000, help="simulated data of each kind")
    parser.add_argument("--folder", type=Path, default=Path("outputs/nulls"))
    parser.add_argument("--write", action="store_true", help="put the table into docs/evidence.md")
    options = parser.parse_args()
    for number in range(-(-options.data // BATCH)):
        for world in WORLDS:
            test_batch(world, number, options.folder)
    table = "\n".join([line_of(COLUMNS), line_of(["---"] * len(COLUMNS)), *rows(options.folder)])
    print(table)
    if options.write:
        write_between(MARKS, table)


def test_batch(world: NullWorld, number: int, folder: Path) -> None:
    """Test a batch of data, unless its p values are kept already."""
    path = folder / world.name / f"{number:04d}.npy"
    if path.is_file():
        return
    p_values = world.p_values(range(number * BATCH, (number + 1) * BATCH))
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    with partial.open("wb") as file:
        np.save(file, p_values)
    partial.replace(path)


def rows(folder: Path) -> Iterator[str]:
    """Yield a row of the table for each world and direction of which p values are kept."""
    for world in WORLDS:
        stored = [np.load(path) for path in sorted((folder / world.name).glob("*.npy"))]
        called = np.concatenate(stored) <= LEVEL if stored else np.zeros((0, len(DIRECTIONS)))
        for direction, positive in zip(DIRECTIONS, called.T, strict=True):
            if not len(positive):
                continue
            interval = binomtest(int(positive.sum()), len(positive)).proportion_ci(method="wilson")
            shares = f"{interval.low:.3f} to {interval.high:.3f}"
            share = f"{positive.mean():.3f}"
            yield line_of((world.exchanged, world.sharing, direction, len(positive), share, shares))


def _drawn(
    rng: np.random.Generator, n_columns: int, sharing: NDArray[np.int64]
) -> NDArray[np.float64]:
    shared = rng.standard_normal((N_STIMULI, n_columns))[sharing]
    return shared + rng.standard_normal((N_STIMULI, n_columns))


if __name__ == "__main__":
    main()
