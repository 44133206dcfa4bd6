"""BASES: the pretrained models that can be adapted, and where their weights are."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigError, Problem, nearest, refuse
from pipeline.models.directories import Modality, in_timms_form, modality_in, problems_in
from pipeline.models.hub import fetch
from pipeline.models.travelling.card import weights_digest

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
    """

    name: str
    modality: Modality
    summary: str
    folder: Callable[[], Path]


def _from_hub(repository: str, revision: str = "") -> Callable[[], Path]:
    """Fetch a text base from the Hugging Face hub, or from its local cache."""

    def folder() -> Path:
        found = fetch(repository, revision)
        refuse(problems_in(found), ConfigError)
        return found

    return folder


def _from_timm(name: str, revision: str = "") -> Callable[[], Path]:
    """Fetch a vision base of timm's, and lay it down in this project's form."""

    def folder() -> Path:
        found = fetch(f"timm/{name}", revision)
        return _from_timms_form(found, f"snapshots/{found.name}")

    return folder


def _from_timms_form(found: Path, name: str) -> Path:
    from huggingface_hub.constants import HF_HUB_CACHE

    from pipeline.models.timm_bases import as_vision_base  # torch: not before it is needed

    return as_vision_base(found, Path(HF_HUB_CACHE) / "timm-as-bases" / name)


def _in_directory(folder: Path) -> Base:
    """Take a directory as a base."""

    def found() -> Path:
        refuse(problems_in(folder), ConfigError)
        if in_timms_form(folder):
            return _from_timms_form(folder, f"directories/{weights_digest(folder)}")
        return folder

    return Base(folder.resolve().name, modality_in(folder), f"local directory {folder}", found)


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
            "bert-base-uncased",
            "text",
            "BERT-base, 110 M parameters (hub: google-bert/bert-base-uncased)",
            _from_hub("google-bert/bert-base-uncased", "86b5e0934494bd15c9632b12f734a8a67f723594"),
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
    """Look a base up by its name in BASES, or take a local directory or a model of the hub as one.

    Parameters
    ----------
    name : str
        A name in BASES, a directory, ``organisation/name`` or ``organisation/name@revision``;
        ``timm/name`` is a vision transformer of timm's.

    Raises
    ------
    ConfigError
        When the name is none of these.
    """
    if name in BASES:
        return BASES[name]
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _in_directory(folder)
    repository, _, revision = name.partition("@")
    if HUB_NAME.fullmatch(repository):
        owner, _, model = repository.partition("/")
        if owner == "timm":
            return Base(model, "image", f"timm's {model}", _from_timm(model, revision))
        return Base(model, "text", f"hub: {repository}", _from_hub(repository, revision))
    raise ConfigError(
        Problem(
            "base",
            "a name in BASES, a local directory with config.json and model.safetensors, or a "
            "model of the hub as organisation/name@revision",
            f"'{name}'",
            nearest(name, tuple(BASES)),
        )
    )


def short_name(name: str) -> str:
    """Shorten what a base is asked for by to what runs and registered models call it."""
    folder = Path(name).expanduser()
    return folder.resolve().name if folder.is_dir() else name.partition("@")[0].split("/")[-1]
