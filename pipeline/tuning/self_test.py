"""Self-test of a network as a method has adapted it, on itself and before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from pipeline.errors import PipelineError, Problem, TuningError
from pipeline.models.travelling.architecture import base_name, stack_of, unwrapped
from pipeline.models.travelling.card import Card
from pipeline.models.travelling.framing import frame_of
from pipeline.models.travelling.layers import LayerReader
from pipeline.models.travelling.loading import TunedModel
from pipeline.models.travelling.text import TextModel
from pipeline.models.travelling.vision import VisionModel
from pipeline.models.travelling.vocabulary import words_of
from pipeline.models.travelling.writing import continue_texts, read_before, transform_texts
from pipeline.tuning.forms import form_of
from pipeline.tuning.heads import head_modules
from pipeline.words import NO_TASK

_N_TOKENS = 5
_N_PADDING = 4  # beside which a text is read again
_N_WRITTEN = 3
_N_GRADIENTS = 64


@contextmanager
def library_errors_as_refusals(card: Card, kind: str) -> Iterator[None]:
    """Refuse, by its name, a base on which a library ends in an error of its own.

    transformers, PEFT and timm hold hundreds of architectures, and raise what they like where one
    is built otherwise than a method expects.

    Parameters
    ----------
    card : Card
    kind : str
        Name of its architecture.

    Raises
    ------
    TuningError
        For every error but ours and a lack of memory.
    """
    try:
        yield
    except (PipelineError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:
        first_line = (str(error).splitlines() or [""])[0][:200].rstrip(".")
        defect = f"on which a library ends with {type(error).__name__}: {first_line}"
        raise TuningError(_refusal(card, kind, defect)) from error


def refuse_unfit(model: TunedModel) -> None:
    """Refuse a network that cannot be read, or on which its method would be without effect.

    - States are as many as tokens, and finite; where a text's depend on padding, none is needed.
    - A picture gets a value for each class.
    - A decoder sees no token before its turn, and writes token after token what it would say having
      read all at once.
    - Other values of what was put in change the output.
    - Features depend on something that is trained, unless a head alone is.

    Parameters
    ----------
    model : TextModel or VisionModel
        As adapted and not yet trained; left as it is, and so are the random numbers to come.

    Raises
    ------
    TuningError
    """
    model.network.eval()
    with _numbers_of_its_own(model), torch.no_grad():
        batch = _batch_for(model)
        _check_states(model)
        if isinstance(model, TextModel):
            _check_padding(model)
            if form_of(model.card).writing:
                _check_writing(model, batch)
        elif model.card.classes:
            _check_output(model, batch)
        if model.card.insertion:
            _check_insertion(model, batch)
        _check_gradients(model, batch)


def refuse_unreadable(model: TunedModel) -> None:
    """Refuse a base without a task whose states cannot be read, or are not numbers.

    Raises
    ------
    TuningError
    """
    kind = _kind_of(model)
    with (
        library_errors_as_refusals(model.card, kind),
        _numbers_of_its_own(model),
        torch.no_grad(),
    ):
        _check_states(model)


@contextmanager
def _numbers_of_its_own(model: TunedModel) -> Iterator[None]:
    """Draw from a seed for as long as a block, and leave the numbers to come as they were."""
    device = next(model.network.parameters()).device
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(0)
        yield


def _batch_for(model: TunedModel, n_tokens: int = _N_TOKENS) -> dict[str, torch.Tensor]:
    """Make a text of tokens that are no special ones, or a picture of noise."""
    device = next(model.network.parameters()).device
    if not isinstance(model, TextModel):
        size = model.picture.size
        return {"images": torch.rand(1, 3, size, size, device=device)}
    words = words_of(unwrapped(model.network), model.tokenizer)
    tokens = [words[n] for n in torch.randint(len(words), (n_tokens,)).tolist()]
    return model.batch([frame_of(model.tokenizer, 1).join([tokens])])


@contextmanager
def _other_values(network: Any) -> Iterator[None]:
    """Move everything that the base and the task's head do not hold, for as long as a block."""
    put_in = [p for name, p in network.named_parameters() if base_name(name) not in network.plain]
    own = [parameter.clone() for parameter in put_in]
    for parameter in put_in:
        parameter.add_(torch.randn_like(parameter))
    try:
        yield
    finally:
        for parameter, values in zip(put_in, own, strict=True):
            parameter.copy_(values)


def _check_states(model: TunedModel) -> None:
    """Read every layer as features are read, of texts of several lengths."""
    layers: list[torch.Tensor] = []
    if not isinstance(model, TextModel):
        noise = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
        layers += [torch.from_numpy(x) for _, layer in model.feature_batches(noise) for x in layer]
    else:
        model.states(_batch_for(model, _N_TOKENS + 1))
        batch = _batch_for(model)
        reader = LayerReader(stack_of(unwrapped(model.network)), batch)
        layers += [*model.states(batch), *reader.pooled(batch, lambda states: states.mean(dim=1))]
    if not all(layer.isfinite().all() for layer in layers):
        raise TuningError(_unfit(model, "whose states are not all finite numbers"))


def _check_padding(model: TextModel) -> None:
    """Refuse where texts of several lengths must go through a network at once, and padding counts.

    Everywhere else batches are then of one length.
    """
    if form_of(model.card).whole_batches and not model.ignores_padding:
        defect = "that reads padding as if it were text, and batches are of texts of all lengths"
        raise TuningError(_unfit(model, defect))


def _check_writing(model: TextModel, batch: dict[str, torch.Tensor]) -> None:
    """Compare what is written step by step with what one pass over all of it says.

    Of a text that stands alone, and of the same beside a longer one.
    """
    tokens = batch["input_ids"]
    longer = torch.cat([tokens, tokens[:, -_N_PADDING:].flip(1)], dim=1)
    go_on = continue_texts if model.kind == "decoder" else transform_texts
    end = -1 if model.kind == "decoder" else model.tokenizer.eos_token_id
    for together in ([tokens], [tokens, longer] if model.ignores_padding else [longer]):
        texts = model.batch([{"input_ids": ids[0].tolist()} for ids in together])
        answers = go_on(model.network, texts, _N_WRITTEN, end)
        for text, answer in zip(together, answers, strict=True):
            if answer and not _is_likeliest(model, text, text.new_tensor([answer])):
                raise TuningError(_unfit(model, "that writes otherwise than it reads with it"))
    if model.kind == "decoder":
        _check_order(model, tokens)


def _is_likeliest(model: TextModel, text: torch.Tensor, answer: torch.Tensor) -> bool:
    """Say whether each token of an answer is the likeliest where all is read at once.

    Text and answer have shape (1, n_tokens).
    """
    if model.kind == "decoder":
        whole = torch.cat([text, answer], dim=1)
        logits = model.network(input_ids=whole).logits[:, text.shape[1] - 1 : -1]
    else:
        read = read_before(model.network, answer)
        logits = model.network(input_ids=text, decoder_input_ids=read).logits
    own = logits.gather(2, answer[:, :, None])[:, :, 0]
    return torch.allclose(own, logits.max(dim=2).values, atol=1e-3, rtol=1e-3)


def _check_order(model: TextModel, tokens: torch.Tensor) -> None:
    """Refuse a decoder whose logits depend on a token behind them."""
    logits = model.network(input_ids=tokens).logits
    ended_otherwise = tokens.clone()
    ended_otherwise[0, -1] = (tokens[0, -1] + 1) % logits.shape[-1]
    others = model.network(input_ids=ended_otherwise).logits
    if not torch.allclose(others[:, :-1], logits[:, :-1], atol=1e-3, rtol=1e-3):
        raise TuningError(_unfit(model, "that sees tokens which are yet to be written"))


def _check_output(model: VisionModel, batch: dict[str, torch.Tensor]) -> None:
    shape = tuple(model.network(batch["images"]).shape)
    if shape != (1, len(model.card.classes)):
        defect = f"whose output is of shape {shape[1:]}, not a value for each class"
        raise TuningError(_unfit(model, defect))


def _check_insertion(model: TunedModel, batch: dict[str, torch.Tensor]) -> None:
    form = form_of(model.card)
    before = form.logits(model.network, batch)
    with _other_values(model.network):
        after = form.logits(model.network, batch)
    if torch.equal(before, after):
        defect = "whose output is the same whatever is put in"
        raise TuningError(_unfit(model, defect))


def _check_gradients(model: TunedModel, batch: dict[str, torch.Tensor]) -> None:
    """Look whether anything that is trained, a head aside, moves the last layer of features."""
    heads = tuple(f"{name}." for name in head_modules(unwrapped(model.network)))
    trained = [
        parameter
        for name, parameter in model.network.named_parameters()
        if parameter.requires_grad and not (base_name(name) or "").startswith(heads)
    ]
    if not trained:
        return
    # the smallest: gradients of all would take the room of a second network
    smallest = sorted(trained, key=torch.Tensor.numel)[:_N_GRADIENTS]
    with torch.enable_grad():
        last = model.last_layer(batch)
        # a norm may stand last, whose outputs have a sum and a length that nothing moves
        drawn = (last * torch.randn_like(last)).sum()
        if not drawn.requires_grad:
            gradients: tuple[torch.Tensor | None, ...] = ()
        else:
            gradients = torch.autograd.grad(drawn, smallest, allow_unused=True)
    if not any(gradient is not None and gradient.any() for gradient in gradients):
        defect = "whose features nothing that it trains would change"
        raise TuningError(_unfit(model, defect))


def _unfit(model: TunedModel, defect: str) -> Problem:
    return _refusal(model.card, _kind_of(model), defect)


def _kind_of(model: TunedModel) -> str:
    """Name the architecture of a network, as transformers or timm does."""
    network = unwrapped(model.network)
    if isinstance(model, TextModel):
        return str(network.config.model_type)
    return str(network.own_config["architecture"])


def _refusal(card: Card, kind: str, defect: str) -> Problem:
    built = f"{card.base}, of type {kind}, {defect}"
    if card.task == NO_TASK:
        expected, remedy = "one whose layers can be read", "Choose another base."
        return Problem(f"base {card.base}", expected, built, remedy)
    expected, remedy = f"a base that it adapts for {card.form}", "Choose another method or base."
    return Problem(f"method '{card.method}'", expected, built, remedy)
