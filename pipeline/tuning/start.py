"""The start of an adaptation: a base, a task's examples, and the settings of a method."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.config import MethodConfig
from pipeline.data.forms.examples import Examples
from pipeline.models.travelling.card import Card


@dataclass(frozen=True)
class Interpolation:
    """A point between a base and a version of it of which every weight was trained.

    Parameters
    ----------
    full_folder : Path
        That version, as a tuned model's folder.
    alpha : float
        0 is the base, 1 the version.
    """

    full_folder: Path
    alpha: float


@dataclass(frozen=True)
class Start:
    """What a method adapts.

    Parameters
    ----------
    base_folder : Path
        Config and weights of the base.
    card : Card
        What the tuned model will say about itself.
    train : Examples
        The examples to tune on, for methods whose start depends on them.
    settings : MethodConfig
    interpolation : Interpolation, optional
        For methods that interpolate.
    device : str
        Where the network is to be, as torch names it.
    """

    base_folder: Path
    card: Card
    train: Examples
    settings: MethodConfig
    interpolation: Interpolation | None = None
    device: str = "cpu"
