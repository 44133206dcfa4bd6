"""Features on disk: one safetensors file with an array a layer, and what they were made from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DataError, Problem

FILE = "features.safetensors"


@dataclass(frozen=True)
class Origin:
    """What features were made from.

    Parameters
    ----------
    model : str
        URI of the registered version.
    brain : str
        Brain dataset whose stimuli these are.
    stimuli : str
        Digest of those stimuli.
    pooling : str
        'mean', 'last' or 'class'.
    """

    model: str
    brain: str
    stimuli: str
    pooling: str


def by_layer(
    features: NDArray[np.float32] | Sequence[NDArray[np.float32]],
) -> dict[str, NDArray[np.float32]]:
    """Name the layers, and leave out those in which no stimulus differs from another.

    Parameters
    ----------
    features : ndarray of float32, shape (n_stimuli, n_layers, n_features)
        Or, where layers differ in width, an array of shape (n_stimuli, n_features) for each.

    Returns
    -------
    dict of str to ndarray of float32, shape (n_stimuli, n_features)
        ``layer_00`` is the embedding. Before the first block the class token is the same for
        every picture, and a sentence's last token is its full stop: such layers say nothing.

    Raises
    ------
    DataError
        When features are not finite.
    """
    arrays = list(np.moveaxis(features, 1, 0)) if isinstance(features, np.ndarray) else features
    n_infinite = sum(np.count_nonzero(~np.isfinite(x)) for x in arrays)
    if n_infinite:
        raise DataError(
            Problem(
                "features",
                "finite values",
                f"{n_infinite} values that are NaN or infinite",
                "The tuned model diverged: tune it again with a lower learning_rate.",
            )
        )
    layers = {f"layer_{n:02d}": x for n, x in enumerate(arrays)}
    return {name: x for name, x in layers.items() if np.ptp(x, axis=0).max() > 0}


def write_features(layers: Mapping[str, NDArray[np.float32]], origin: Origin, folder: Path) -> Path:
    """Write the layers, their origin and a digest to ``features.safetensors`` in a folder."""
    from safetensors.numpy import save_file

    path = folder / FILE
    arrays = {name: np.ascontiguousarray(x) for name, x in layers.items()}
    save_file(arrays, path, metadata={**asdict(origin), "digest": _digest(arrays)})
    return path


def read_features(path: Path, expected: Origin) -> dict[str, NDArray[np.float32]]:
    """Read features, and make sure they are the ones expected.

    Raises
    ------
    DataError
        When they were made from another model, other stimuli or by another pooling, or the file is
        damaged.
    """
    from safetensors import SafetensorError, safe_open

    remedy = "Run extract again."
    try:
        with safe_open(path, framework="numpy") as stored:
            stored_origin = dict(stored.metadata() or {})
            layers = {name: stored.get_tensor(name) for name in sorted(stored.keys())}
    except (SafetensorError, OSError) as error:
        raise DataError(Problem(str(path), "features", str(error), remedy)) from error
    digest, expected_origin = stored_origin.pop("digest", None), asdict(expected)
    if stored_origin != expected_origin:
        raise DataError(
            Problem(str(path), f"features of {expected_origin}", f"{stored_origin}", remedy)
        )
    if digest != _digest(layers):
        expected_values = "the values that extract wrote"
        raise DataError(Problem(str(path), expected_values, "others: a damaged file", remedy))
    return layers


def _digest(layers: Mapping[str, NDArray[np.float32]]) -> str:
    """Sum up names, shapes and values."""
    digest = hashlib.sha256()
    for name in sorted(layers):
        digest.update(f"{name} {layers[name].shape} ".encode())
        digest.update(layers[name].tobytes())
    return digest.hexdigest()
