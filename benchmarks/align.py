"""Align one model with one subject, beside himalaya.

    python -m benchmarks.align            # sizes of Pereira 2018 and GPT-2, up to 10 minutes
    python -m benchmarks.align --small    # the same at toy sizes, 30 seconds
    python -m benchmarks.align --layers 25 --features 1024 --voxels 20000 20000

Run it on a machine that does nothing else. Expect on 2 cores at full size: a further model of 13
layers in less than 60 s, 40 times faster than himalaya and 150 times for a whole brain; toy sizes
are dominated by calls and say nothing about speed.

The peer, KernelRidgeCV with predictions and vectorised 2v2, gets the same z-scores, folds and
alphas, in float64 as the engine; its float32, the faster, is reported beside it. It is measured on
one layer and one ROI and scaled: encoding by layers and voxels, decoding by layers and ROIs, which
favours it, as its kernels of larger ROIs cost more. Differences are those of 2v2 accuracy and mean
correlation in every fold, under the alphas the peer chose. The floor is the bare matrix products:
see ``align_floor``. Permutations keep the alpha of every fold and are compared with one fit of the
same layer and ROI. The last line holds the figures.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.align_data import PEREIRA, SMALL, Sizes, regions, simulate_features, simulate_voxels
from benchmarks.align_floor import floor_seconds
from benchmarks.align_peer import align_with_himalaya, largest_difference, looped_two_vs_two
from benchmarks.clock import Seconds, timed
from pipeline.alignment import VoxelColumns, align, two_vs_two
from pipeline.alignment.alphas import draw_alphas
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.kernel.shared_grams import SharedGrams
from pipeline.alignment.permutations.exchanges import draw_permutations
from pipeline.alignment.permutations.null_vectors import null_vectors
from pipeline.alignment.sources import Layer

N_PERMUTATIONS = 1000


@dataclass(frozen=True)
class Engine:
    """Time and memory of the engine.

    Parameters
    ----------
    grams, model : Seconds
        Gram matrices of the subject, once; a model of all layers and ROIs in both directions.
    whole_brain : Seconds
        One large ROI from its voxels to encoding scores of all layers.
    permutations : float
        Time of 1,000 permutations of one layer and ROI, encoding, relative to one fit.
    peak_gb : float
        Of resident memory, above what the data takes.
    """

    grams: Seconds
    model: Seconds
    whole_brain: Seconds
    permutations: float
    peak_gb: float


@dataclass(frozen=True)
class Peer:
    """Time of himalaya for one layer and one ROI, and how far its scores are from ours.

    Parameters
    ----------
    encoding, decoding : Seconds
    largest_difference : float
    """

    encoding: Seconds
    decoding: Seconds
    largest_difference: float

    def scaled(self, sizes: Sizes) -> tuple[float, float]:
        """Scale to a model of all layers and ROIs, and to encoding of a whole brain, seconds."""
        by_voxels = sizes.layers * self.encoding.wall / sizes.voxels[0]
        decoding = sizes.layers * len(sizes.voxels) * self.decoding.wall
        return by_voxels * sum(sizes.voxels) + decoding, by_voxels * sizes.whole_brain


def main() -> None:
    """Measure everything and print it."""
    sizes = _sizes()
    print(f"{sizes}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        voxels = simulate_voxels(sizes, sum(sizes.voxels), Path(folder) / "subject.npy")
        rois = regions(voxels, sizes.voxels)
        engine = _measure_engine(sizes, rois, Path(folder) / "whole_brain.npy")
        peers = [_measure_peer(sizes, rois["roi_0"], dtype) for dtype in (np.float32, np.float64)]
        _compare_two_vs_two(sizes, rois["roi_0"])
    floor = floor_seconds(sizes, sum(sizes.voxels), len(sizes.voxels), n_directions=2)
    total = engine.grams.wall + engine.model.wall
    print(f"bare matrix products {floor:.1f} s, engine {total:.1f} s")
    for name, peer in zip(("float32", "float64"), peers, strict=True):
        model, brain = peer.scaled(sizes)
        print(
            f"himalaya in {name}, scaled to all layers and ROIs: {model:.0f} s, "
            f"{model / total:.1f} times the engine's; to a whole brain: {brain:.0f} s, "
            f"{brain / engine.whole_brain.wall:.1f} times"
        )
    print(
        f"speedup_himalaya={model / total:.1f} "
        f"speedup_wholebrain={brain / engine.whole_brain.wall:.1f} "
        f"further_model_s={engine.model.wall:.1f} floor_ratio={total / floor:.2f} "
        f"max_abs_diff={peers[-1].largest_difference:.1e} peak_gb={engine.peak_gb:.2f} "
        f"permutations_ratio={engine.permutations:.1f}"
    )


def _measure_engine(sizes: Sizes, rois: dict[str, VoxelColumns], whole_brain: Path) -> Engine:
    groups, settings = sizes.groups(), sizes.settings()
    features = simulate_features(sizes, seed=0)
    _touch(rois["roi_0"])
    before = _resident_gb()
    shared = SharedGrams()
    trains = [fold.outer.train for fold in nested_folds(groups, settings)]
    _, grams = timed(lambda: shared(rois, trains, settings.similarity))
    print(f"Gram matrices of {sum(sizes.voxels)} voxels, once: {grams}", flush=True)
    scores, model = timed(lambda: align(features, rois, groups, settings, form=shared))
    peak_gb = _peak_gb() - before
    means = scores.groupby("direction").two_vs_two.mean()
    print(f"a model of {sizes.layers} layers: {model}, 2v2 {means.round(3).to_dict()}")
    permutations = _measure_permutations(sizes, features, rois)
    brain = regions(simulate_voxels(sizes, sizes.whole_brain, whole_brain), (sizes.whole_brain,))
    _touch(brain["roi_0"])
    before = _resident_gb()
    _, whole = timed(lambda: align(features, brain, groups, settings, directions=["encoding"]))
    print(f"encoding of {sizes.whole_brain} voxels in one ROI: {whole}", flush=True)
    peak_gb = max(peak_gb, _peak_gb() - before)
    return Engine(grams, model, whole, permutations, peak_gb)


def _measure_permutations(
    sizes: Sizes, features: dict[str, NDArray[np.float32]], rois: dict[str, VoxelColumns]
) -> float:
    """Time permutations of one layer and ROI, relative to a fit that chooses alpha."""
    groups, settings = sizes.groups(), sizes.settings()
    layer, roi = {"layer_00": features["layer_00"]}, {"roi_0": rois["roi_0"]}
    folds, shared = nested_folds(groups, settings), SharedGrams()
    shared(roi, [fold.outer.train for fold in folds], settings.similarity)
    fitted = partial(align, layer, roi, groups, settings, directions=["encoding"], form=shared)
    _, fit = timed(fitted)
    alphas, compared = draw_alphas(settings), settings.similarity
    drawn = draw_permutations(groups, N_PERMUTATIONS, seed=0)
    source = {name: Layer(x) for name, x in layer.items()}
    test, seconds = timed(
        lambda: null_vectors(source, roi, "encoding", folds, alphas, compared, drawn)
    )
    print(f"one layer and ROI, encoding: fit {fit}, {N_PERMUTATIONS} permutations {seconds}")
    print(f"2v2 {test['roi_0'].observed:.3f}, p {test['roi_0'].p:.4f}")
    return seconds.wall / fit.wall


def _peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _measure_peer(sizes: Sizes, roi: VoxelColumns, dtype: type[np.floating]) -> Peer:
    folds = nested_folds(sizes.groups(), sizes.settings())
    alphas = np.sort(draw_alphas(sizes.settings()))
    x = simulate_features(sizes, seed=0)["layer_00"]
    y = np.asarray(roi.values[:, roi.columns])
    encoded, encoding = timed(partial(align_with_himalaya, x, y, folds, alphas, dtype))
    decoded, decoding = timed(partial(align_with_himalaya, y, x, folds, alphas, dtype))
    print(
        f"himalaya, one layer and {y.shape[1]} voxels, {dtype.__name__}: encoding "
        f"{encoding}, decoding {decoding}",
        flush=True,
    )
    difference = max(
        largest_difference(x, y, folds, encoded), largest_difference(y, x, folds, decoded)
    )
    return Peer(encoding, decoding, difference)


def _compare_two_vs_two(sizes: Sizes, roi: VoxelColumns) -> None:
    """Time 2v2 of the patterns of one test fold, pair by pair and from their correlations."""
    rng = np.random.default_rng(3)
    true = np.asarray(roi.values[: sizes.stimuli // sizes.folds, roi.columns], dtype=np.float64)
    predicted = true + 10 * true.std() * rng.standard_normal(true.shape)
    looped, loop = timed(lambda: looped_two_vs_two(predicted, true))
    R = np.corrcoef(predicted, true)[: len(true), len(true) :]
    best = min((timed(lambda: two_vs_two(R)) for _ in range(20)), key=lambda t: t[1].wall)
    scored, seconds = float(best[0]), best[1].wall
    print(
        f"2v2 of {len(true)} patterns: loop over pairs {loop}, from correlations "
        f"{seconds * 1e6:.0f} µs, {loop.wall / seconds:.0f} times faster, difference "
        f"{abs(looped - scored):.0e}"
    )


def _touch(view: VoxelColumns) -> None:
    """Read the whole mapped file, so that its pages count as loaded data."""
    view.values.max()


def _resident_gb() -> float:
    """Memory that is resident now: the peak so far would count how the data was made."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**30


def _sizes() -> Sizes:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--small", action="store_true", help="toy sizes")
    for field in fields(Sizes):
        option = f"--{field.name.replace('_', '-')}"
        parser.add_argument(option, type=int, nargs="+" if field.name == "voxels" else None)
    options = vars(parser.parse_args())
    sizes = SMALL if options.pop("small") else PEREIRA
    if options["voxels"]:
        options["voxels"] = tuple(options["voxels"])
    return replace(sizes, **{name: value for name, value in options.items() if value is not None})


if __name__ == "__main__":
    main()
