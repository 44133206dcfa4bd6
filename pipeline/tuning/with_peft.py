"""Methods that PEFT has: its layers in a frozen base, and the task's head beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.errors import Problem
from pipeline.tuning.loading import architecture_of, load_base
from pipeline.tuning.method import Start

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel

TASK_TYPES = {"classification": "SEQ_CLS", "tagging": "TOKEN_CLS", "spans": "QUESTION_ANS"}


def load_with_peft(start: Start, kind: type[Any], **settings: Any) -> TunedModel:
    """Load a base and let PEFT put its layers in.

    Parameters
    ----------
    start : Start
    kind : type
        A configuration class of PEFT.
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
        **settings,
    )
    model.network = get_peft_model(model.network, config)
    return model


def _task_type(start: Start, network: Any) -> str | None:
    if start.card.modality == "image":
        return None
    if start.card.form == "generation":
        return "SEQ_2_SEQ_LM" if network.config.is_encoder_decoder else "CAUSAL_LM"
    return TASK_TYPES[start.card.form]


def lacks_targets(start: Start, method: str, known: Mapping[str, Any]) -> Iterator[Problem]:
    """Find out whether PEFT knows where in a base the layers of a method belong."""
    kind = architecture_of(start)
    if kind not in known:
        yield Problem(
            f"method '{method}'",
            f"a base of a type for which PEFT knows where it belongs: {', '.join(sorted(known))}",
            f"{start.card.base}, of type {kind}",
            "Choose such a base, or another method.",
        )
