"""Self-test of what a method has put into a network, on the network itself and before training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from pipeline.errors import Problem, TuningError
from pipeline.models.travelling.architecture import base_name, unwrapped
from pipeline.models.travelling.framing import frame_of
from pipeline.models.travelling.loading import TunedModel
from pipeline.models.travelling.text import TextModel
from pipeline.models.travelling.writing import continue_texts
from pipeline.tuning.forms import form_of

_N_TOKENS = 5
_N_WRITTEN = 3


def refuse_without_effect(model: TunedModel) -> None:
    """Refuse a network that what was put in does not reach, or that it disturbs.

    Other values of it must change the output; states and tokens must be equally many; and what a
    decoder writes token after token must be what it would say having read all at once.

    Parameters
    ----------
    model : TextModel or VisionModel
        As adapted and not yet trained; left as it is, and so are the random numbers to come.

    Raises
    ------
    TuningError
    """
    model.network.eval()
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        form, batch = form_of(model.card), _batch_for(model)
        before = form.logits(model.network, batch)
        with _other_values(model.network):
            after = form.logits(model.network, batch)
        if torch.equal(before, after):
            raise TuningError(_refusal(model, "whose output is the same whatever is put in"))
        if isinstance(model, TextModel):
            _check_states(model, batch)
            if model.kind == "decoder" and form.writing:
                _check_writing(model, batch)


def _batch_for(model: TunedModel) -> dict[str, torch.Tensor]:
    """Make a text of tokens that are no special ones, or a picture of noise."""
    device = next(model.network.parameters()).device
    if not isinstance(model, TextModel):
        size = model.picture.size
        return {"images": torch.rand(1, 3, size, size, device=device)}
    special = set(model.tokenizer.all_special_ids)
    words = [n for n in range(len(model.tokenizer)) if n not in special]
    tokens = [words[n] for n in torch.randint(len(words), (_N_TOKENS,)).tolist()]
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


def _check_states(model: TextModel, batch: dict[str, torch.Tensor]) -> None:
    try:
        model.states(batch)
    except (ValueError, RuntimeError, IndexError) as error:
        raise TuningError(_refusal(model, f"whose states cannot be read ({error})")) from error


def _check_writing(model: TextModel, batch: dict[str, torch.Tensor]) -> None:
    """Compare what is written step by step with what one pass over all of it says."""
    tokens = batch["input_ids"]
    (continuation,) = continue_texts(model.network, batch, _N_WRITTEN, end=-1)
    whole = torch.cat([tokens, tokens.new_tensor([continuation])], dim=1)
    logits = model.network(input_ids=whole).logits[0, tokens.shape[1] - 1 : -1]
    own_logits = logits.gather(1, tokens.new_tensor(continuation)[:, None])[:, 0]
    if not torch.allclose(own_logits, logits.max(dim=1).values, atol=1e-3, rtol=1e-3):
        raise TuningError(_refusal(model, "that writes otherwise than it reads with it"))


def _refusal(model: TunedModel, defect: str) -> Problem:
    card = model.card
    config = getattr(unwrapped(model.network), "config", None)
    kind = f"of type {config.model_type}, " if config is not None else ""
    return Problem(
        f"method '{card.method}'",
        f"a base that it can be put into for {card.form}",
        f"{card.base}, {kind}{defect}",
        "Choose another method or base.",
    )
