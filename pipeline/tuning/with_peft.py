"""Methods that PEFT has: its layers in a frozen base, and the task's head beside them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from pipeline.tuning.forms import form_of
from pipeline.tuning.loading import load_base
from pipeline.tuning.start import Start

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel

Targets = Callable[[Any, Collection[str]], "list[str] | str | None"]


def load_with_peft(start: Start, kind: type[Any], targets: Targets, **settings: Any) -> TunedModel:
    """Load a base and let PEFT put its layers in.

    Parameters
    ----------
    start : Start
    kind : type
        A configuration class of PEFT.
    targets : callable
        ``targets(network, names of the head's modules)``: names, or a pattern, of the layers that
        it changes; None leaves them to PEFT.
    **settings
        Those of the class that are the method's own.
    """
    from peft import get_peft_model

    from pipeline.tuning.heads import head_modules

    model = load_base(start)
    head = head_modules(model.network)
    config = kind(
        task_type=_task_type(start, model.network),
        modules_to_save=list(head) or None,
        target_modules=targets(model.network, head),
        **settings,
    )
    model.network = get_peft_model(model.network, config)
    return model


def _task_type(start: Start, network: Any) -> str | None:
    if start.card.modality == "image":
        return None
    form = form_of(start.card)
    if form.writing:
        return "SEQ_2_SEQ_LM" if network.config.is_encoder_decoder else "CAUSAL_LM"
    return form.peft_type or None
