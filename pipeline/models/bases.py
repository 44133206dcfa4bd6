"""BASES: the pretrained models that can be adapted, and where their weights are."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import ConfigError, Problem, nearest, refuse
from pipeline.files.folders import is_folder
from pipeline.models.directories import modality_in, problems_in
from pipeline.models.hub_bases import HubModel, fetch_model
from pipeline.words import Modality

PRETRAINED = Path(__file__).parent / "pretrained"
HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


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
    hub : HubModel, optional
        What is downloaded for it.
    """

    name: str
    modality: Modality
    summary: str
    folder: Callable[[], Path]
    hub: HubModel | None = None


def _from_hub(name: str, summary: str, model: HubModel) -> Base:
    """Take a text model of the Hugging Face hub, or of its local cache, as a base."""

    def folder() -> Path:
        snapshot = fetch_model(model)
        refuse(problems_in(snapshot), ConfigError)
        return snapshot

    return Base(name, "text", summary, folder, model)


def _from_timm(name: str, summary: str, model: HubModel) -> Base:
    """Take a vision model of timm's as a base."""
    return replace(_from_hub(name, summary, model), modality="image")


def _in_directory(folder: Path) -> Base:
    """Take a directory as a base."""

    def checked() -> Path:
        refuse(problems_in(folder), ConfigError)
        return folder

    return Base(folder.resolve().name, modality_in(folder), f"local directory {folder}", checked)


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
        _from_hub(
            "gpt2",
            "GPT-2 small, 124 M parameters (hub: openai-community/gpt2)",
            HubModel("openai-community/gpt2", "607a30d783dfa663caf39e06633721c8d4cfcd7e"),
        ),
        _from_hub(
            "bert-base-uncased",
            "BERT-base, 110 M parameters (hub: google-bert/bert-base-uncased)",
            HubModel("google-bert/bert-base-uncased", "86b5e0934494bd15c9632b12f734a8a67f723594"),
        ),
        # at no pinned revision: runs and versions are tagged with the one that was fetched
        _from_timm(
            "vit_base_patch16_224",
            "ViT-base, 86 M parameters (hub: timm/vit_base_patch16_224.augreg_in21k_ft_in1k)",
            HubModel("timm/vit_base_patch16_224.augreg_in21k_ft_in1k"),
        ),
    )
}


def find_base(name: str) -> Base:
    """Look a base up by its name in BASES, or take a local directory or a model of the hub as one.

    Parameters
    ----------
    name : str
        A name in BASES, a directory, ``organisation/name`` or ``organisation/name@revision``;
        ``timm/name`` is a vision model of timm's.

    Raises
    ------
    ConfigError
        When the name is none of these.
    """
    if name in BASES:
        return BASES[name]
    if is_folder(name):
        return _in_directory(Path(name).expanduser())
    repository, _, revision = name.partition("@")
    if HUB_NAME.fullmatch(repository):
        owner, _, model = repository.partition("/")
        make = _from_timm if owner == "timm" else _from_hub
        return make(model, f"hub: {repository}", HubModel(repository, revision))
    raise ConfigError(
        Problem(
            "base",
            "a name in BASES, a local directory with config.json and model.safetensors, or a "
            "model of the hub as organisation/name@revision, one of timm's as timm/name",
            f"'{name}'",
            nearest(name, tuple(BASES)),
        )
    )


def folder_of(name: str) -> Path | None:
    """Find a model that lies in the repository or in a directory; None for any other name."""
    for place in (str(PRETRAINED / name), name):
        if is_folder(place):
            return Path(place).expanduser()
    return None


def short_name(name: str) -> str:
    """Shorten what a base is asked for by to what runs and registered models call it."""
    if is_folder(name):
        return Path(name).expanduser().resolve().name
    return name.partition("@")[0].split("/")[-1]
