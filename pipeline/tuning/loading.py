"""A base as methods start from it: loaded, with the head of its task, weights frozen or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import Problem, TuningError
from pipeline.models.directories import read_config
from pipeline.models.travelling.card import Card
from pipeline.tuning.start import Start

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel

_N_TYPES = 24  # that a refusal names


def load_base(start: Start) -> TunedModel:
    """Load a base with the head that its task needs; every weight requires gradients.

    Raises
    ------
    TuningError
        When weights are missing or of other shapes than the configuration says, or the base lacks
        something else.
    """
    from pipeline.models.travelling.text_networks import load_text_network
    from pipeline.models.travelling.vision_networks import load_vision_network

    with reading_errors_as_refusals(start.card.base):
        return model_of(start, load_text_network, load_vision_network)


@contextmanager
def reading_errors_as_refusals(base: str) -> Iterator[None]:
    """Refuse, by its name, a base that lacks something, or whose weights are damaged.

    Raises
    ------
    TuningError
    """
    import torch

    from pipeline.models.travelling.architecture import UnfitBaseError

    where = f"base {base}"
    try:
        yield
    except UnfitBaseError as error:
        problem = Problem(where, error.expected, error.finding, error.remedy)
        raise TuningError(problem) from error
    except torch.OutOfMemoryError:  # says nothing of the base
        raise
    except (ValueError, RuntimeError) as error:
        problem = Problem(
            where,
            "weights that are all those of its configuration",
            (str(error).splitlines() or [type(error).__name__])[0][:300],
            "Copy, download or save the base again.",
        )
        raise TuningError(problem) from error


def model_of(
    start: Start,
    text_network: Callable[[Path, Card], Any],
    vision_network: Callable[[Path, int], Any],
) -> TunedModel:
    """Make a model of a base; what is put into it draws from the seed, whatever its head drew.

    So a prompt starts the same for every task of a base.

    Parameters
    ----------
    start : Start
    text_network : callable
        ``text_network(base folder, card)``: the network of a text base.
    vision_network : callable
        ``vision_network(base folder, number of classes)``: that of a vision base.
    """
    from pipeline.models.travelling.pictures import picture_form
    from pipeline.models.travelling.text import TextModel
    from pipeline.models.travelling.text_networks import load_tokenizer
    from pipeline.models.travelling.vision import VisionModel

    folder, card = start.base_folder, start.card
    if card.modality == "text":
        network = text_network(folder, card).to(start.device)
        _draw_anew()
        return TextModel(network, load_tokenizer(folder), card)
    network = vision_network(folder, len(card.classes)).to(start.device)
    _draw_anew()
    return VisionModel(network, picture_form(network), card)


def _draw_anew() -> None:
    import torch

    torch.manual_seed(torch.initial_seed())


def load_frozen(start: Start) -> TunedModel:
    """Load a base with what the card says is inserted; insertion and head require gradients."""
    from pipeline.models.travelling.insertions import INSERTIONS
    from pipeline.tuning.heads import head_modules

    model = load_base(start)
    model.network.requires_grad_(False)
    for part in head_modules(model.network).values():
        part.requires_grad_(True)
    if start.card.insertion:
        put_in = INSERTIONS[start.card.insertion]
        # drawn on the CPU, so that a seed draws the same on every device
        model.network = put_in(model.network, start.card).to(start.device)
    return model


def settle_as_control(start: Start, model: TunedModel) -> TunedModel:
    """Freeze a model that nothing trains; a new head names the class or tag of the nearest mean.

    A head for spans stays as it was drawn: its scores are those of chance.
    """
    from pipeline.tuning.forms import form_of
    from pipeline.tuning.heads import head_modules, put_nearest_class_mean

    head = head_modules(model.network)
    if form_of(start.card).starts_at_means:
        put_nearest_class_mean(model, head.values(), start.train)
    model.network.requires_grad_(False)
    return model


def architecture_of(start: Start) -> str:
    """Name the architecture of a base by its configuration, as transformers or timm does."""
    if start.card.modality == "image":
        return str(read_config(start.base_folder)["architecture"])
    return str(text_config(start.base_folder).model_type)


def lacks_type(start: Start, types: Sequence[str]) -> Iterator[Problem]:
    """Find out whether a base is of none of the types that its method can be put into."""
    own = architecture_of(start)
    if own not in types:
        first = ", ".join(types[:_N_TYPES])
        further = f" and {len(types) - _N_TYPES} more" if len(types) > _N_TYPES else ""
        yield Problem(
            f"method '{start.card.method}'",
            f"a base of type {first}{further}",
            f"{start.card.base}, of type {own}",
            "Choose such a base, or another method.",
        )


def lacks_tokens(start: Start, among: bool) -> Iterator[Problem]:
    """Find out whether a vision base lacks tokens that something can be put behind, or among.

    Parameters
    ----------
    start : Start
    among : bool
        Whether further tokens are put among them. Their place is behind the class token, which
        must then be there from the first block on; in a table of distances they have none.
    """
    from pipeline.models.travelling.vision_networks import (
        has_prefix_in_blocks,
        has_tokens,
        outline_of,
    )

    network = outline_of(start.base_folder)
    has_table = any(".rel" in name for name, _ in network.named_parameters())
    if not has_tokens(network) or (among and (has_table or not has_prefix_in_blocks(network))):
        further = ", the class token among them, without a table of their distances"
        yield Problem(
            f"method '{start.card.method}'",
            f"a vision base of tokens in blocks of one width{further if among else ''}: "
            "ViT, DeiT, DINO, CLIP, …",
            f"{start.card.base}, a {architecture_of(start)}",
            "Choose such a base, or another method.",
        )


def text_config(base_folder: Path) -> Any:
    """Read the configuration of a text base."""
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(base_folder, local_files_only=True)
