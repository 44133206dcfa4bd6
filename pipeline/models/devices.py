"""The device that networks run on."""

from __future__ import annotations

from pipeline.errors import ConfigError, Problem


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
