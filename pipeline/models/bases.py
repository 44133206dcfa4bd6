"""BASES: the pretrained models that can be adapted, and where their weights are."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.errors import BaseUnreachableError, ConfigError, Problem, nearest

Modality = Literal["text", "image"]
PRETRAINED = Path(__file__).parent / "pretrained"


@dataclass(frozen=True)
class Base:
    """An entry of BASES.

    Parameters
    ----------
    name : str
        As used in runs and in the names of registered models.
    modality : 'text' or 'image'
    summary : str
        One line for the list of bases.
    folder : callable
        ``folder() -> Path`` of config and weights on this machine; raises BaseUnreachableError.
    """

    name: str
    modality: Modality
    summary: str
    folder: Callable[[], Path]


def _from_hub(repository: str, revision: str) -> Callable[[], Path]:
    """Fetch a text base from the Hugging Face hub, or from its local cache."""

    def fetch() -> Path:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

        patterns = ["*.json", "*.txt", "*.safetensors"]
        try:
            return Path(snapshot_download(repository, revision=revision, allow_patterns=patterns))
        except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
            raise BaseUnreachableError(_unreachable(repository, revision, error)) from error

    return fetch


def _from_timm(name: str) -> Callable[[], Path]:
    """Fetch a vision base through timm and lay it down in this project's form."""

    def fetch() -> Path:
        import timm
        from huggingface_hub.constants import HF_HUB_CACHE
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

        folder = Path(HF_HUB_CACHE) / "timm-as-bases" / name
        if (folder / "model.safetensors").is_file():
            return folder
        try:
            network = timm.create_model(name, pretrained=True)
        except (LocalEntryNotFoundError, HfHubHTTPError, OSError, RuntimeError) as error:
            raise BaseUnreachableError(_unreachable(f"timm/{name}", "main", error)) from error
        from pipeline.models.saving import save_vision_base

        save_vision_base(network, folder)
        return folder

    return fetch


def _unreachable(repository: str, revision: str, error: Exception) -> Problem:
    offline = os.environ.get("HF_HUB_OFFLINE") == "1"
    state = "HF_HUB_OFFLINE=1 and no copy in the local cache" if offline else str(error)
    return Problem(
        f"base {repository} at revision {revision}",
        "its weights in the local Hugging Face cache or on the hub",
        state.splitlines()[0],
        "Connect once so that they are cached, or name as base a local directory that holds "
        "config.json, model.safetensors and (for text) the tokenizer files.",
    )


def _embedded(name: str) -> Callable[[], Path]:
    return lambda: PRETRAINED / name


BASES: dict[str, Base] = {
    base.name: base
    for base in (
        Base(
            "tiny-gpt2",
            "text",
            "GPT-2 of 0.9 M parameters pretrained on the simulated language; in the repository",
            _embedded("tiny-gpt2"),
        ),
        Base(
            "tiny-vit",
            "image",
            "ViT of 0.8 M parameters pretrained on rendered letters and simulated pictures; "
            "in the repository",
            _embedded("tiny-vit"),
        ),
        Base(
            "gpt2",
            "text",
            "GPT-2 small, 124 M parameters (hub: openai-community/gpt2)",
            _from_hub("openai-community/gpt2", "607a30d783dfa663caf39e06633721c8d4cfcd7e"),
        ),
        Base(
            "vit_base_patch16_224",
            "image",
            "ViT-base, 86 M parameters (timm, augreg_in21k_ft_in1k)",
            _from_timm("vit_base_patch16_224.augreg_in21k_ft_in1k"),
        ),
    )
}


def find_base(name: str) -> Base:
    """Look a base up by its name in BASES, or take a local directory as one.

    Raises
    ------
    ConfigError
        When the name is neither.
    """
    if name in BASES:
        return BASES[name]
    folder = Path(name).expanduser()
    if (folder / "config.json").is_file():
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        modality: Modality = "image" if "architecture" in config else "text"
        return Base(folder.name, modality, f"local directory {folder}", lambda: folder)
    raise ConfigError(
        Problem(
            "base",
            "a name in BASES, or a local directory with config.json and model.safetensors",
            f"'{name}'",
            nearest(name, tuple(BASES)),
        )
    )
