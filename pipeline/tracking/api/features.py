"""Features of a registered model for stimuli that belong to no brain dataset."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from pipeline.config import ExtractConfig
from pipeline.errors import DataError, Problem, refuse
from pipeline.extraction.spool import Spool
from pipeline.extraction.store import FILE, Origin, read_features
from pipeline.tracking.registered import resolve
from pipeline.tracking.registry import require_sound
from pipeline.tracking.stages.extract import spool_features
from pipeline.tracking.store import open_store
from pipeline.words import Modality, Pooling


def features(
    model: str, stimuli: Sequence[str] | NDArray[np.uint8], pooling: Pooling = "mean"
) -> dict[str, NDArray[np.float32]]:
    """Compute the features of a registered model for stimuli of your own; nothing is logged.

    Parameters
    ----------
    model : str
        ``models:/<base>-<task>@<method>`` or ``models:/<name>/<version>``.
    stimuli : sequence of str, or ndarray of uint8, shape (n_stimuli, height, width, 3)
        Sentences for a model of text, pictures in RGB for one of images.
    pooling : {'mean', 'last', 'class'}
        One vector a stimulus: mean over tokens or patches, last token, class token.

    Returns
    -------
    dict of str to ndarray of float32, shape (n_stimuli, n_features)
        By layer; ``layer_00`` is the embedding. A layer in which no stimulus differs from another
        is left out. What ``pipeline.align`` takes.

    Raises
    ------
    PipelineError
        No such model, one that is damaged or would run code that is not this project's, stimuli
        that it does not take, or a pooling that it does not have.

    Examples
    --------
    >>> pictures = np.random.default_rng(0).integers(256, size=(3, 28, 28, 3), dtype=np.uint8)
    >>> features = pipeline.features("models:/tiny-vit-digits@vpt-shallow", pictures, "class")
    >>> features["layer_02"].shape[0]
    3
    """
    items = _checked(stimuli)
    open_store(writing=False)
    registered = resolve(model)
    require_sound(registered, trusted=False)
    modality, of_stimuli = registered.tags["modality"], _modality(items)
    if of_stimuli != modality:
        expected = f"{modality} stimuli, as {registered.uri} takes"
        remedy = "Choose a model of their modality."
        raise DataError(Problem("stimuli", expected, of_stimuli, remedy))
    config = ExtractConfig.model_validate(
        {"model": registered.uri, "brain": "", "pooling": pooling}
    )
    origin = Origin(registered.uri, "", "", pooling)
    with TemporaryDirectory(prefix="features-") as name:
        spool = Spool(Path(name), len(items))
        spool_features(registered, items, config.model_dump(), config.device, spool)
        spool.write(origin, Path(name))
        return read_features(Path(name) / FILE, origin)


def _modality(items: tuple[str, ...] | NDArray[np.uint8]) -> Modality:
    return "text" if isinstance(items, tuple) else "image"


def _checked(stimuli: Sequence[str] | NDArray[np.uint8]) -> tuple[str, ...] | NDArray[np.uint8]:
    """Tell sentences from pictures, and refuse what is neither."""
    if isinstance(stimuli, np.ndarray) and stimuli.dtype == np.uint8:
        refuse(_picture_problems(stimuli), DataError)
        return stimuli
    items = () if isinstance(stimuli, str) else tuple(stimuli)
    if not items or not all(isinstance(item, str) and item.strip() for item in items):
        expected = "a sequence of sentences, none of them empty, or an array of uint8 pictures"
        finding = f"{type(stimuli).__name__} {str(stimuli)[:60]!r}"
        raise DataError(Problem("stimuli", expected, finding, "Put a single sentence in a list."))
    return tuple(str(item) for item in items)


def _picture_problems(pictures: NDArray[np.uint8]) -> list[Problem]:
    if pictures.ndim == 4 and pictures.shape[-1] == 3 and pictures.size:
        return []
    expected = "shape (n_stimuli, height, width, 3)"
    remedy = "Put a single picture in an array of one; repeat a grey channel three times."
    return [Problem("stimuli", expected, f"shape {pictures.shape}", remedy)]
