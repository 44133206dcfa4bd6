"""``ia3``: learned scales of keys, values and the MLP's hidden units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.errors import Problem
from pipeline.tuning.loading import architecture_of, lacks_type
from pipeline.tuning.method import Method
from pipeline.tuning.recipe import Recipe
from pipeline.tuning.start import Start
from pipeline.tuning.with_peft import load_with_peft

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel


def _build(start: Start) -> TunedModel:
    """Insert the scales where PEFT knows that they belong.

    In a GPT-2, which keeps queries beside keys and values in one matrix, queries are scaled too; in
    a BERT what enters the end of the attention as well. The source scales neither.
    """
    from peft import IA3Config

    from pipeline.tuning.targets import IA3 as OWN

    kind = architecture_of(start)
    targets, entering = OWN.get(kind, ((), ()))  # none: PEFT's choice
    return load_with_peft(
        start,
        IA3Config,
        lambda _network, _head: list(targets) or None,
        feedforward_modules=list(entering) or None,
        fan_in_fan_out=kind == "gpt2",
    )


def _lacks(start: Start) -> Iterator[Problem]:
    from peft.utils.constants import TRANSFORMERS_MODELS_TO_IA3_TARGET_MODULES_MAPPING as KNOWN

    from pipeline.tuning.targets import IA3 as OWN

    yield from lacks_type(start, sorted({*KNOWN, *OWN}))


IA3 = Method(
    name="ia3",
    summary="learned scales of keys, values and hidden units (PEFT's IA3)",
    source="Liu et al. 2022, Few-Shot Parameter-Efficient Fine-Tuning; Ding et al. 2023",
    storage={"text": "part"},
    insertion="peft",
    build=_build,
    recipes={"text": Recipe(3e-3, 3e-4, 1e-1)},
    lacks=_lacks,
)
