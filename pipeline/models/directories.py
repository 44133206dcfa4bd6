"""Directories that hold a base: what must be in them, told all at once where it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import Problem
from pipeline.models.travelling.card import BASE_FILES
from pipeline.words import Modality

TOKENIZER = "tokenizer.json"
CONFIG = "config.json"
_INDEX = "model.safetensors.index.json"


def modality_in(folder: Path) -> Modality:
    """Say whether a directory holds a base for text or for pictures, by its config.json."""
    return "image" if "architecture" in read_config(folder) else "text"


def read_config(folder: Path) -> dict[str, Any]:
    """Read config.json; empty where there is none that can be read."""
    return _read_object(folder / CONFIG)


def _read_object(path: Path) -> dict[str, Any]:
    if not path.is_file():  # a pipe would never end
        return {}
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def problems_in(folder: Path) -> Iterator[Problem]:
    """Find everything that keeps a directory from serving as a base; nothing is unpickled."""
    config = read_config(folder)
    if not config:
        yield Problem(
            f"{folder}/{CONFIG}",
            "the configuration of a model, in JSON",
            "none that can be read",
            "Point to the directory that save_pretrained wrote.",
        )
    elif "architecture" in config:
        yield from _vision_problems(folder, config)
    else:
        yield from _text_problems(folder, config)
    yield from _weight_problems(folder)
    yield from _link_problems(folder)


def _link_problems(folder: Path) -> Iterator[Problem]:
    """Find files of a base that are links to somewhere else: the store would be given a copy."""
    # in the hub's cache files of a snapshot are links to the blobs of the same repository
    roots = [folder.resolve()]
    if folder.parent.name == "snapshots":
        roots.append(folder.resolve().parents[1] / "blobs")
    linked = sorted(path for pattern in BASE_FILES for path in folder.glob(pattern))
    for path in filter(Path.is_symlink, linked):
        if not path.is_file():
            finding = f"a link to {path.readlink()}, where there is none"
        elif any(path.resolve().is_relative_to(root) for root in roots):
            continue
        else:
            finding = f"a link to {path.resolve()}"
        yield Problem(
            str(path),
            f"a file inside {folder}",
            finding,
            "Copy what belongs to the base into its directory.",
        )


def _vision_problems(folder: Path, config: dict[str, Any]) -> Iterator[Problem]:
    from pipeline.models.travelling.pictures import INTERPOLATIONS, picture_form
    from pipeline.models.travelling.vision_networks import has_tokens, outline_of

    try:
        outline = outline_of(folder)
    except (RuntimeError, TypeError, ValueError, KeyError, AttributeError) as error:
        yield Problem(
            f"{folder}/{CONFIG}",
            "an architecture of timm's and its model_args, as timm writes them",
            f"{config['architecture']!r} ({error})",
            "Was it saved by timm's push_to_hf_hub or save_for_hf? The installed timm lists its "
            "architectures: timm.list_models().",
        )
        return
    if not has_tokens(outline) and not hasattr(outline, "forward_intermediates"):
        yield Problem(
            f"{folder}/{CONFIG}: architecture",
            "a network whose layers timm can show (forward_intermediates)",
            repr(config["architecture"]),
            "Choose another architecture of timm's, e.g. a ViT, Swin, ConvNeXt or ResNet.",
        )
    colours, height, width = outline.pretrained_cfg["input_size"]
    if colours != 3:
        yield Problem(
            f"{folder}/{CONFIG}: pretrained_cfg.input_size",
            "pictures of three colours",
            f"{colours}",
            "Choose a model for pictures in colour.",
        )
    interpolation = picture_form(outline).interpolation
    if interpolation not in INTERPOLATIONS:
        yield Problem(
            f"{folder}/{CONFIG}: pretrained_cfg.interpolation",
            f"one of {', '.join(INTERPOLATIONS)}",
            repr(interpolation),
            "Write the one that comes closest to how the model was trained, e.g. bicubic.",
        )
    if height != width:
        yield Problem(
            f"{folder}/{CONFIG}: pretrained_cfg.input_size",
            "a square",
            f"{height} x {width}",
            "Choose a model for square pictures.",
        )


def _text_problems(folder: Path, config: dict[str, Any]) -> Iterator[Problem]:
    from transformers import CONFIG_MAPPING

    kind = config.get("model_type")
    if kind not in CONFIG_MAPPING:
        yield Problem(
            f"{folder}/{CONFIG}: model_type",
            "an architecture that transformers knows",
            repr(kind),
            "Was the model saved with save_pretrained? Code that comes with a model is not run.",
        )
    yield from _tokenizer_problems(folder)


def _tokenizer_problems(folder: Path) -> Iterator[Problem]:
    """Find out whether there is a tokenizer: in one file, or in those that its class reads."""
    if (folder / TOKENIZER).is_file():
        if not _read_object(folder / TOKENIZER):
            yield Problem(
                f"{folder}/{TOKENIZER}",
                "a tokenizer, in JSON",
                "none that can be read",
                "Copy or download it again.",
            )
    elif defect := _defect_of_tokenizer(folder):
        yield Problem(
            f"{folder}: tokenizer",
            f"{TOKENIZER}, or the vocabulary from which transformers makes it",
            defect,
            f"Save it as {TOKENIZER} beside the weights, where transformers can read it: "
            "AutoTokenizer.from_pretrained(<source>).save_pretrained(<directory>).",
        )


def _defect_of_tokenizer(folder: Path) -> str:
    """Say what is wrong with a tokenizer of other files, by reading it; empty if it can be read."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        tokens = tokenizer("a", add_special_tokens=False)["input_ids"]
        letters = tokenizer.decode(tokens, skip_special_tokens=True)
    except Exception as error:  # each class of tokenizers raises its own
        first_line = (str(error).splitlines() or [""])[0][:200].rstrip(".")
        return f"none that can be read ({type(error).__name__}: {first_line})"
    # without its vocabulary a class makes one of special tokens and a space
    return "" if "a" in letters else "one without a vocabulary"


def _weight_problems(folder: Path) -> Iterator[Problem]:
    from safetensors import SafetensorError, safe_open

    try:
        index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        names = sorted(set(index["weight_map"].values()))
    except (OSError, ValueError, KeyError):
        names = ["model.safetensors"]
    for name in names:
        try:
            with safe_open(folder / name, framework="pt") as weights:
                weights.keys()
        except FileNotFoundError:
            yield _no_weights(folder, name)
        except (SafetensorError, OSError) as error:
            yield Problem(
                f"{folder / name}",
                "whole safetensors weights",
                f"a damaged file ({error})",
                "Copy or download it again.",
            )


def _no_weights(folder: Path, name: str) -> Problem:
    pickled = sorted(path.name for path in folder.glob("*.bin"))
    return Problem(
        f"{folder / name}",
        "weights in the safetensors format",
        f"only {pickled[0]}, a pickle, which can run code when it is read" if pickled else "none",
        "Save the model again with save_pretrained, which writes safetensors.",
    )
