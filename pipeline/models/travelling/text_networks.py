"""From a folder to a language model's network, with the head its form of task needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from .architecture import head_names, kind_of, remember_base
from .card import Card
from .forms import FORMS
from .torchvision_on_cpu import declare_torchvision_operators


def load_text_network(folder: Path, card: Card) -> Any:
    """Load a language model from a folder, with the head that the card's form of task needs.

    A form of task asks the base's own head or puts one on top, which is new unless the folder holds
    one of the right size; for features there is none. Weights are
    float32, in whatever type they are stored: small steps are lost on weights of 16 bits.

    Raises
    ------
    ValueError
        When the architecture has no such head, or the folder does not hold the whole body, or the
        head that is asked.
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
        raise ValueError(f"{folder} does not hold all of {config.model_type}: {sorted(lacking)}")
    if not FORMS[card.form].own_head:
        return remember_base(network, new | head)
    if kind_of(config) == "encoder" and new & head:  # decoders share theirs with the embeddings
        raise ValueError(f"{folder} does not hold the head of {config.model_type} that names words")
    return remember_base(network, new)


def _bare(folder: Path, config: Any) -> Any:
    """Load the stack of layers without any head; a pooler, which no feature needs, may be new."""
    from transformers import AutoModel

    network, new = _read(AutoModel, folder, config)
    lacking = sorted(name for name in new if not name.startswith("pooler."))
    if lacking:
        raise ValueError(f"{folder} does not hold all of {config.model_type}: {lacking}")
    return remember_base(network, new)


def _read(factory: Any, folder: Path, config: Any) -> tuple[Any, set[str]]:
    """Read a network, and the names of what its folder does not hold."""
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
    return network, {*loading["missing_keys"], *(name for name, *_ in loading["mismatched_keys"])}


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
    declare_torchvision_operators()
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
    """Load a tokenizer that can pad: with its end-of-text token where it has no other."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer
