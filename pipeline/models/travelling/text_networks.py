"""From a folder to a language model's network, with the head its form of task needs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from .architecture import UnfitBaseError, head_names, remember_base
from .card import Card
from .forms import FORMS


def load_text_network(folder: Path, card: Card) -> Any:
    """Load a language model from a folder, with the head that the card's form of task needs.

    A form of task asks the base's own head or puts one on top, which is new unless the folder holds
    one of the right size; for features there is none. Weights are
    float32, in whatever type they are stored: small steps are lost on weights of 16 bits.

    Raises
    ------
    ValueError
        When the architecture has no such head.
    UnfitBaseError
        When the folder does not hold the whole body, or the base's own head where that is asked.
    """
    from transformers import AutoConfig, AutoModel

    if card.form == "features":
        return _bare(folder, AutoConfig.from_pretrained(folder, local_files_only=True))
    factory, config = _kind_of_network(folder, card)
    network, new = _read(factory, folder, config)
    tops = tuple(f"{name}." for name in head_names(network))
    head = {name for name in network.state_dict() if name.startswith(tops)}
    lacking = {name for name in new - head if ".pooler." not in name}
    if lacking and network.base_model is not network:
        # under some heads the body has another name than in the files of its base
        body, absent = _read(AutoModel, folder, config)
        if not any(".pooler." not in f".{name}" for name in absent):
            network.base_model.load_state_dict(body.state_dict(), strict=False)
            new, lacking = head | {f"{network.base_model_prefix}.{name}" for name in absent}, set()
    if lacking:
        raise _incomplete(folder, config, lacking)
    if not FORMS[card.form].own_head:
        return remember_base(network, new | head)
    if _lacking_head(network, folder, new, head):
        raise UnfitBaseError(
            f"the head of {config.model_type} that names words, which {card.form} asks",
            f"{folder}, which does not hold it",
            "Copy or save the base with it, as the class of transformers does that ends in "
            f"{FORMS[card.form].factory(config)}, or choose a task of another form.",
        )
    return remember_base(network, new)


def _lacking_head(network: Any, folder: Path, new: set[str], head: set[str]) -> set[str]:
    """Name what is new in a head, and is not one with the embedding, as the head of a GPT-2 is.

    That of a T5 v1.1 is not, which transformers overlooks where there is none.
    """
    named = network.state_dict(keep_vars=True)
    of_body = {id(values) for name, values in named.items() if name not in head | new}
    tied = {name for name in head if id(named[name]) in of_body}
    settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return tied if settings.get("tie_word_embeddings") is False and tied else (new & head) - tied


def _incomplete(folder: Path, config: Any, lacking: Iterable[str]) -> UnfitBaseError:
    return UnfitBaseError(
        "weights that are all those of its configuration",
        f"{folder}, which lacks {', '.join(sorted(lacking)[:5])} of {config.model_type}",
        "Copy, download or save the base again.",
    )


def _bare(folder: Path, config: Any) -> Any:
    """Load the stack of layers without any head; a pooler, which no feature needs, may be new."""
    from transformers import AutoModel

    network, new = _read(AutoModel, folder, config)
    lacking = {name for name in new if not name.startswith("pooler.")}
    if lacking:
        raise _incomplete(folder, config, lacking)
    return remember_base(network, new)


def _read(factory: Any, folder: Path, config: Any) -> tuple[Any, set[str]]:
    """Read a network, and the names of what its folder should hold and does not."""
    with _without_reports():
        network, loading = factory.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            local_files_only=True,
            use_safetensors=True,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    absent = {*loading["missing_keys"], *(name for name, *_ in loading["mismatched_keys"])}
    return network, absent - _names_of_computed(factory, config) if absent else absent


def _names_of_computed(factory: Any, config: Any) -> set[str]:
    """Name the parameters that an architecture computes and never stores: Marian's sinusoids.

    They are known by having no gradient as they are made; those of a network that was read have.
    """
    from transformers.initialization import no_init_weights

    with torch.device("meta"), no_init_weights():
        outline = factory.from_config(config)
    return {name for name, values in outline.named_parameters() if not values.requires_grad}


def random_text_network(folder: Path, card: Card) -> Any:
    """Make a language model like the one in a folder, at random weights; its own are not read.

    Its stack is drawn alone, so that a seed draws the same one for every form of task.
    """
    import transformers

    factory, config = _kind_of_network(folder, card)
    stack = transformers.AutoModel.from_config(config, dtype=torch.float32)
    network = factory.from_config(config, dtype=torch.float32)
    network.base_model.load_state_dict(stack.state_dict(), strict=False)
    return remember_base(network, set(network.state_dict()))


def _kind_of_network(folder: Path, card: Card) -> tuple[Any, Any]:
    """Find the auto class that puts on the head a form of task needs, and the configuration."""
    import transformers

    config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
    n_outputs = FORMS[card.form].n_outputs or len(card.classes)
    if n_outputs:
        config.num_labels = n_outputs
    factory = factory_of(config, card.form)
    if factory is None:
        raise ValueError(f"{card.base} is of type {config.model_type}, which cannot do {card.form}")
    return factory, config


def factory_of(config: Any, form: str) -> Any:
    """Find the auto class of a configuration's type for a form of task; None if there is none."""
    import transformers

    kind = FORMS[form].factory(config)
    factory = getattr(transformers, f"AutoModel{kind}") if kind else None
    return factory if factory and type(config) in factory._model_mapping else None


@contextmanager
def _without_reports() -> Iterator[None]:
    """Keep transformers from reporting a new head: what may be new is checked here."""
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)


def load_tokenizer(folder: Path) -> Any:
    """Load a tokenizer, which pads with its end-of-text token where it has no other for that."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer
