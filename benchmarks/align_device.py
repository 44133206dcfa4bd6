"""Align one model with one subject on a GPU, beside himalaya on the same card.

    python -m benchmarks.align_device            # sizes of Pereira 2018 and GPT-2, 2 minutes
    python -m benchmarks.align_device --small    # toy sizes, on any machine

All that a study needs of a further model of 13 layers in 4 ROIs, both directions, from arrays in
main memory to a table of scores. The peer, himalaya's KernelRidgeCV with its backend torch_cuda,
gets the same z-scores, folds and alphas; it is measured on one layer and one ROI and scaled as in
``benchmarks.align``. Each is timed on its second call: the first one starts the device. Scores are
compared with those of the engine on the CPU, and with the peer's under the alphas that it chose.
The last line holds the figures.
"""

from __future__ import annotations

import argparse
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from himalaya.backend import set_backend

from benchmarks.align import Peer
from benchmarks.align_data import PEREIRA, SMALL, Sizes, regions, simulate_features, simulate_voxels
from benchmarks.align_peer import align_with_himalaya, largest_difference
from benchmarks.clock import timed
from pipeline.alignment import VoxelColumns, align
from pipeline.alignment.alphas import draw_alphas
from pipeline.alignment.backends import Backend, torch_on
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.kernel.placed import forming_on
from pipeline.alignment.kernel.shared_grams import SharedGrams


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--small", action="store_true", help="toy sizes")
    sizes = SMALL if parser.parse_args().small else PEREIRA
    device = "cuda" if torch.cuda.is_available() else "cpu"
    print(f"{torch.cuda.get_device_name() if device == 'cuda' else 'CPU'}; {sizes}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        voxels = simulate_voxels(sizes, sum(sizes.voxels), Path(folder) / "subject.npy")
        rois = regions(voxels, sizes.voxels)
        grams, model, difference = _measure_engine(sizes, rois, torch_on(device))
        set_backend("torch_cuda" if device == "cuda" else "torch")
        peers = {
            kind.__name__: _measure_peer(sizes, rois["roi_0"], kind)
            for kind in (np.float32, np.float64)
        }
    scaled = {name: peer.scaled(sizes)[0] for name, peer in peers.items()}
    speedups = " ".join(f"{name}={seconds / model:.1f}" for name, seconds in scaled.items())
    off = peers["float64"].largest_difference
    print(f"himalaya, scaled to all layers and ROIs: {scaled}, largest difference {off:.1e}")
    print(f"grams_s={grams:.2f} further_model_s={model:.2f} times_himalaya: {speedups} "
          f"max_abs_diff={difference:.1e}")  # fmt: skip


def _measure_engine(
    sizes: Sizes, rois: dict[str, VoxelColumns], arrays: Backend
) -> tuple[float, float, float]:
    """Time Gram matrices of a subject, and a model; and compare its scores with the CPU's."""
    groups, settings = sizes.groups(), sizes.settings()
    features = simulate_features(sizes, seed=0)
    trains = [fold.outer.train for fold in nested_folds(groups, settings)]
    for attempt in ("first", "second"):
        shared = SharedGrams(form=forming_on(arrays))
        _, grams = timed(partial(shared, rois, trains, settings.similarity))
        scores, model = timed(partial(align, features, rois, groups, settings, form=shared))
        print(f"{attempt}: Gram matrices {grams}, a model {model}", flush=True)
    expected, on_cpu = timed(partial(align, features, rois, groups, settings))
    print(f"on the CPU, Gram matrices and a model: {on_cpu}", flush=True)
    return grams.wall, model.wall, _difference(scores, expected)


def _difference(scores: pd.DataFrame, expected: pd.DataFrame) -> float:
    """Compare scores where both chose the same alpha, and say in how many pairs they did."""
    same = scores.alpha == expected.alpha
    print(f"the same alpha as on the CPU in {same.sum()} of {len(same)} fits")
    columns = ["two_vs_two", "correlation", "rank_accuracy"]
    return float((scores[same][columns] - expected[same][columns]).abs().to_numpy().max())


def _measure_peer(sizes: Sizes, roi: VoxelColumns, kind: type[np.floating]) -> Peer:
    folds = nested_folds(sizes.groups(), sizes.settings())
    alphas = np.sort(draw_alphas(sizes.settings()))
    x = simulate_features(sizes, seed=0)["layer_00"]
    y = np.asarray(roi.values[:, roi.columns])
    align_with_himalaya(x, y, folds[:1], alphas, kind)
    encoded, encoding = timed(partial(align_with_himalaya, x, y, folds, alphas, kind))
    decoded, decoding = timed(partial(align_with_himalaya, y, x, folds, alphas, kind))
    print(f"himalaya, one layer and {y.shape[1]} voxels, {kind.__name__}: encoding {encoding}, "
          f"decoding {decoding}", flush=True)  # fmt: skip
    off = max(largest_difference(x, y, folds, encoded), largest_difference(y, x, folds, decoded))
    return Peer(encoding, decoding, off)


if __name__ == "__main__":
    main()
