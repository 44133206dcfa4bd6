"""Features on disk: one safetensors file with an array a layer, and what they were made from.

:mod:`pipeline.extraction.spool` writes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
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
    context : str
        'alone', or 'passage' for sentences that were read behind those before them.
    prompt_positions : str
        'in' where a mean is over the positions of a prompt, too, else 'out'.
    """

    model: str
    brain: str
    stimuli: str
    pooling: str
    context: str = "alone"
    prompt_positions: str = "out"


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
    # files of before there was another value do not say
    stored_origin = {"context": "alone", "prompt_positions": "out", **stored_origin}
    if stored_origin != expected_origin:
        raise DataError(
            Problem(str(path), f"features of {expected_origin}", f"{stored_origin}", remedy)
        )
    if digest != _digest(layers):
        expected_values = "the values that extract wrote"
        raise DataError(Problem(str(path), expected_values, "others: a damaged file", remedy))
    return layers


def read_origin(path: Path) -> Origin:
    """Read what features were made from.

    Raises
    ------
    DataError
        When the file is damaged, or holds no features that extract wrote.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as stored:
            named = dict(stored.metadata() or {})
        named.pop("digest", None)
        return Origin(**named)
    except (SafetensorError, OSError, TypeError) as error:
        raise DataError(Problem(str(path), "features", str(error), "Run extract again.")) from error


def read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Read the shape of every layer, (n_stimuli, n_features), from the head of a file."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as stored:
        return {name: tuple(stored.get_slice(name).get_shape()) for name in sorted(stored.keys())}


def _digest(layers: Mapping[str, NDArray[np.float32]]) -> str:
    """Sum up names, shapes and values."""
    digest = hashlib.sha256()
    for name in sorted(layers):
        digest.update(heading(name, layers[name].shape))
        digest.update(layers[name].tobytes())
    return digest.hexdigest()


def heading(name: str, shape: tuple[int, ...]) -> bytes:
    """Give what a digest holds in front of a layer's values."""
    return f"{name} {shape} ".encode()
