"""``full``: fine-tuning of every weight."""

from __future__ import annotations

from pipeline.tuning.loading import load_base
from pipeline.tuning.method import Method
from pipeline.tuning.recipe import Recipe

FULL = Method(
    name="full",
    summary="every weight is trained (fine-tuning)",
    source="the seed paper's fine-tuning; rates of Liu et al. 2022 (text), Jia et al. 2022 (image)",
    storage={"text": "whole", "image": "whole"},
    build=load_base,
    recipes={
        "text": Recipe(5e-5, 1e-5, 3e-3, weight_decay=0.01),
        "image": Recipe(1e-4, 1e-5, 5e-3, weight_decay=0.01),
    },
)
