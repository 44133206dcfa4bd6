"""The device that networks run on."""

from __future__ import annotations

from typing import Any

from pipeline.errors import ConfigError, Problem
from pipeline.words import Precision


def chosen_device(setting: str) -> str:
    """Name the device of a setting as torch does: of several GPUs, this process's own.

    Parameters
    ----------
    setting : {'auto', 'cpu', 'cuda'}

    Raises
    ------
    ConfigError
        When a GPU is asked for and there is none.
    """
    import torch

    available = torch.cuda.is_available()
    if setting == "cuda" and not available:
        remedy = "Say device=auto, or install a torch with CUDA on a machine with a GPU."
        raise ConfigError(Problem("device", "a GPU that torch can use", "none", remedy))
    return "cuda" if available and setting != "cpu" else "cpu"


def place(network: Any, device: str, dtype: Precision) -> None:
    """Move a network to the device of a setting, and its numbers into a type.

    Parameters
    ----------
    network : Module
        Changed in place.
    device : {'auto', 'cpu', 'cuda'}
        See :func:`chosen_device`.
    dtype : {'float32', 'bfloat16', 'float16'}
    """
    import torch

    types = {
        "float32": torch.float32,
        "bfloat16": torch.bfloat16,
        "float16": torch.float16,
    }
    network.to(chosen_device(device), types[dtype])
