"""The card of a tuned model: what it is, and a digest by which its base is recognised."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

Storage = Literal["nothing", "part", "whole"]
#: How answers are written.
GREEDY = "the likeliest token each time, nothing forced or forbidden"
#: A base's files: configurations (network, tokenizer, writing, pictures), vocabularies, weights.
BASE_FILES = (
    *("*.json", "*.txt", "*.safetensors"),
    # vocabularies of single tokenizers: SentencePiece, Marian's, XLM's, ProphetNet's, tiktoken's
    *("*.model", "*.spm", "*.codes", "*.tokenizer", "*.tiktoken"),
)


@dataclass(frozen=True)
class Card:
    """What a tuned model says about itself.

    Parameters
    ----------
    base, base_digest : str
        The base it was tuned from, and the SHA-256 of that base's files.
    modality : 'text' or 'image'
    task, method : str
    storage : 'nothing', 'part' or 'whole'
        Which weights the folder holds: none (the untuned base), those laid over the base, or all.
    form : str
        What the model does, as FORMS names it; 'features' if it has no task.
    insertion : str
        What the method put into the network: empty for nothing, ``peft`` for what PEFT stores and
        restores, else a name in INSERTIONS.
    prompt_length : int
        Prompt positions in front of the tokens (text) or after the class token (image); 0 if none.
    adapter_width : int
        Units in the bottleneck of each adapter; 0 if there are none.
    cue : str
        Generation and cloze: what follows the text, so that the model knows where to answer.
    keeps : 'start' or 'end'
        Likewise: which part of a text that is too long is read.
    max_target_tokens : int
        Generation: the longest answer to write.
    writing : str
        Generation: how the answer is chosen.
    classes : tuple of str
        Names of the classes, or the tags, in the order of the head's outputs.
    """

    base: str
    base_digest: str
    modality: Literal["text", "image"]
    task: str
    method: str
    storage: Storage
    form: str
    insertion: str = ""
    prompt_length: int = 0
    adapter_width: int = 0
    cue: str = ""
    max_target_tokens: int = 0
    keeps: Literal["start", "end"] = "end"
    writing: str = ""
    classes: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Write ``card.json`` into a folder."""
        (folder / "card.json").write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Card:
        """Read ``card.json`` from a folder."""
        fields = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        return cls(**{**fields, "classes": tuple(fields["classes"])})


def base_digest(folder: Path) -> str:
    """SHA-256 over the names and contents of all files of a folder that are a base's.

    The same weights under another number of heads, another tokenizer or another configuration of
    writing are another base.
    """
    digest = hashlib.sha256()
    for path in base_files(folder):
        digest.update(path.name.encode())
        status = path.stat()
        digest.update(_content(path.resolve(), status.st_size, status.st_mtime_ns))
    return digest.hexdigest()


def base_files(folder: Path) -> list[Path]:
    """List the files of a folder that are a base's, by name."""
    names = {path for pattern in BASE_FILES for path in folder.glob(pattern) if path.is_file()}
    return sorted(names)


@lru_cache(maxsize=1024)
def _content(path: Path, size: int, changed: int) -> bytes:
    """Digest a file once: asked again, it is read only if its size or time has changed."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()
