"""Being tuned on the stimuli of a brain dataset: the base's own head, and no task to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..architecture import kind_of
from .form import TextForm, head_logits

if TYPE_CHECKING:
    from ..framing import Text
    from ..text import TextModel


def _refuse(model: TextModel, items: Sequence[Text], batch_size: int) -> list[str]:
    del items, batch_size
    raise ValueError(
        f"expected output='features' of a model that was tuned on stimuli ({model.card.task}); "
        "found output='task'. Say params={'output': 'features'}."
    )


def _factory(config: Any) -> str:
    return {"encoder": "ForMaskedLM", "decoder": "ForCausalLM"}.get(kind_of(config), "")


STIMULI = TextForm(factory=_factory, logits=head_logits, perform=_refuse, own_head=True)
