"""Names that MLflow accepts, of texts that people chose: bases, ROIs, subjects, brain datasets."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

#: What registered models, logged models, metrics, params and tags all accept. Aliases do but for
#: spaces and the words ``latest`` and ``v1``; they are names of methods.
_VALID = re.compile(r"\w[\w -]{0,78}\w|\w")
_CODED = re.compile(r".*-[0-9a-f]{8}")


def valid_name(text: str) -> str:
    """Make a text valid as a name in MLflow; what is valid stays as it is.

    Parameters
    ----------
    text : str
        Any text, such as ``V1+V2``, ``IFG (orb)`` or ``Qwen2.5-0.5B``.

    Returns
    -------
    str
        At most 80 letters, digits, underscores, dashes and single spaces. Where a character was
        replaced, eight digits of the text's SHA-256 stand at the end, so that no two texts share
        a name: a text that ends in this way itself is given them, too.

    Examples
    --------
    >>> valid_name("tiny-gpt2")
    'tiny-gpt2'
    >>> valid_name("V1+V2")
    'V1_V2-4a55db0c'
    """
    if _VALID.fullmatch(text) and not _CODED.fullmatch(text):
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    readable = re.sub(r"[^\w-]+", "_", text)[:70].strip("_-")
    return f"{readable}-{digest}" if readable else f"x-{digest}"


def metric_name(*parts: str) -> str:
    """Name a metric by its parts, the first of which groups it in the UI.

    Examples
    --------
    >>> metric_name("encoding_2v2", "IFG (orb)", "sub-01")
    'encoding_2v2/IFG_orb-9b795ece/sub-01'
    """
    return "/".join(map(valid_name, parts))


def original_names(texts: Iterable[str]) -> dict[str, str]:
    """Give the tags that keep the texts whose names are others: ``name/<valid name>`` -> text."""
    return {f"name/{valid_name(text)}": text for text in texts if valid_name(text) != text}


def run_title(method: str, seed: int, stage: str, subject: str) -> str:
    """Name a run: MLflow's page shows the first 18 characters, so the method comes first.

    Parameters
    ----------
    method : str
    seed : int
        Named where it is another than 0.
    stage, subject : str
        Such as 'align' and 'tiny-gpt2-summarization v1'.
    """
    return " ".join([method, *([f"s{seed}"] if seed else []), stage, subject])
