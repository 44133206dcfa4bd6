"""An entry of BRAINS: a brain dataset that can be loaded, and the settings that it knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.brains.dataset import BrainDataset
from pipeline.config import BrainConfig, PrepareConfig
from pipeline.config.catalogue import unknown_settings
from pipeline.errors import ConfigError, Problem, refuse
from pipeline.words import Modality


@dataclass(frozen=True)
class Brain:
    """An entry of BRAINS.

    Parameters
    ----------
    name : str
        Begins with ``simulated`` where the subjects are.
    modality : 'text', 'image' or 'either'
        Either, where only the files say which.
    summary : str
        One line for the list of brains.
    read : callable
        ``read(config) -> BrainDataset``, of the part of the settings that ``settings`` is; raises
        DataError when files are missing or damaged.
    settings : type of BrainConfig
        The part of the settings of ``prepare`` that the brain knows.
    needs_directory : bool
        Whether the brain reads files that the user must point to.
    check : callable, optional
        ``check(config)`` yields what else of the settings does not suit it.
    """

    name: str
    modality: Modality | Literal["either"]
    summary: str
    read: Callable[[PrepareConfig], BrainDataset]
    settings: type[BrainConfig] = BrainConfig
    needs_directory: bool = False
    check: Callable[[Any], Iterable[Problem]] | None = None

    @property
    def known(self) -> frozenset[str]:
        """Names of the settings that the brain knows, beside which it is and where it lies."""
        return frozenset(self.settings.model_fields) - frozenset(BrainConfig.model_fields)

    def load(self, config: PrepareConfig) -> BrainDataset:
        """Read the brain dataset.

        Raises
        ------
        ConfigError
            All settings at once that were changed though this brain does not know them.
        DataError
            When files are missing, damaged, or do not match one another.
        """
        every = frozenset(PrepareConfig.model_fields) - frozenset(BrainConfig.model_fields)
        refuse(unknown_settings(config, f"brain '{self.name}'", self.known, every), ConfigError)
        return self.read(config)
