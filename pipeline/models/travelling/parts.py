"""Parts: what tuning added to a base or changed in it, stored apart and laid over the base again.

What PEFT made is in PEFT's own files. Everything else that was trained, or that the base does not
hold (a task's head), is in ``model.safetensors`` beside them, under its name in the network.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from .architecture import base_name
from .card import Card
from .insertions import INSERTIONS

PEFT = "peft"
FILE = "model.safetensors"
_PEFT_FILE = "adapter_model.safetensors"


def part_of(network: Any, trained: bool = True) -> dict[str, torch.Tensor]:
    """Collect what the base does not hold, and what was trained, except what PEFT stores itself.

    Parameters
    ----------
    network : Module
        As loaded by this package, with whatever was put in.
    trained : bool
        Whether parameters of the base that require gradients belong to the part.
    """
    part = {}
    for name, value in network.named_parameters():
        plain = base_name(name)
        if plain is None or "original_module" in name:
            continue
        if plain not in network.from_base or (trained and value.requires_grad):
            part[name] = value.detach()
    return part


def whole_of(network: Any) -> dict[str, torch.Tensor]:
    """Collect all that the plain network of a base holds, head included, and nothing put in."""
    named = ((base_name(name), value) for name, value in network.state_dict().items())
    return {name: value.detach() for name, value in named if name and name in network.plain}


def save_part(network: Any, card: Card, folder: Path, trained: bool = True) -> None:
    """Write a part into a folder: see this module's description."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    if card.insertion == PEFT:
        # PEFT would note the directory on this machine from which the base was loaded
        for config in network.peft_config.values():
            config.base_model_name_or_path = card.base
        network.save_pretrained(folder, save_embedding_layers=False)
        (folder / "README.md").unlink(missing_ok=True)  # PEFT's empty form of a model card
    part = part_of(network, trained)
    if part or card.insertion != PEFT:
        tensors = {name: value.contiguous().cpu() for name, value in part.items()}
        save_file(tensors, folder / FILE)


def load_part(network: Any, card: Card, folder: Path) -> Any:
    """Put into a base's network what the method put in, and lay the stored values over it.

    Returns
    -------
    Module
        The network, or what now stands around it.

    Raises
    ------
    ValueError
        When the stored names are not those that this base and this method need.
    """
    from safetensors.torch import load_file

    if card.insertion == PEFT:
        network = _load_peft(network, folder)
    elif card.insertion:
        network = INSERTIONS[card.insertion](network, card)
    stored = load_file(folder / FILE) if (folder / FILE).is_file() else {}
    needed, known = set(part_of(network, trained=False)), dict(network.named_parameters())
    missing, unknown = needed - set(stored), set(stored) - set(known)
    if missing or unknown:
        raise ValueError(_other_names(folder / FILE, missing, unknown))
    with torch.no_grad():
        for name, value in stored.items():
            if known[name].shape != value.shape:
                raise ValueError(
                    f"{folder / FILE}: expected {name} of shape {tuple(known[name].shape)}; found "
                    f"{tuple(value.shape)}. Is this the base that was tuned?"
                )
            known[name].copy_(value)
    return network


def _load_peft(network: Any, folder: Path) -> Any:
    from peft import PeftModel, get_peft_model_state_dict
    from safetensors import safe_open

    path = folder / _PEFT_FILE
    if not path.is_file():
        raise ValueError(f"{folder}: expected {_PEFT_FILE}; found none")
    try:
        network = PeftModel.from_pretrained(network, folder)
    except KeyError as error:  # how PEFT says that a head it trained is not there
        raise ValueError(_other_names(path, {str(error.args[0])}, set())) from error
    needed = set(get_peft_model_state_dict(network, save_embedding_layers=False))
    with safe_open(path, framework="pt") as stored:
        names = set(stored.keys())
    if names != needed:
        raise ValueError(_other_names(path, needed - names, names - needed))
    return network


def _other_names(path: Path, missing: set[str], unknown: set[str]) -> str:
    return (
        f"{path}: expected the parameters that tuning this base left; found "
        f"missing {sorted(missing) or 'none'}, unknown {sorted(unknown) or 'none'}. "
        "Was the file damaged, or made by another version of the code?"
    )
