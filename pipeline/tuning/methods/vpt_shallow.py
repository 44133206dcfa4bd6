"""``vpt-shallow``: learned tokens after the class token and a linear head, backbone frozen."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.errors import Problem
from pipeline.tuning.loading import lacks_tokens, load_frozen
from pipeline.tuning.method import Method
from pipeline.tuning.recipe import Recipe
from pipeline.tuning.start import Start

# Jia et al. 2022, Table 6: SGD, warm-up over a tenth of the steps. Their code does not clip
# gradients. Here they are clipped as for every method: unclipped, the training of tiny-vit
# overshoots and ends lower (shapes, CIFAR-10) or no higher (digits, MNIST).
VPT_RECIPE = Recipe(1.0, 0.05, 50.0, "sgd", "momentum=0.9", 1e-3, warmup=0.1, rate_of_256=True)


def lacks_tokens_for_prompts(start: Start) -> Iterator[Problem]:
    """Find out whether prompts can stand among the tokens of a vision base."""
    return lacks_tokens(start, among=True)


VPT_SHALLOW = Method(
    name="vpt-shallow",
    summary="learned tokens after the class token, and a linear head; backbone frozen",
    source="Jia et al. 2022, Visual Prompt Tuning (VPT-shallow)",
    storage={"image": "part"},
    insertion="vpt-shallow",
    build=load_frozen,
    recipes={"image": VPT_RECIPE},
    has_prompt=True,
    trains_prompts_only=True,
    lacks=lacks_tokens_for_prompts,
)
