"""``vpt-shallow``: learned tokens after the class token and a linear head, backbone frozen."""

from __future__ import annotations

from pipeline.tuning.bases import load_frozen
from pipeline.tuning.method import Method, Recipe

# Jia et al. 2022, Table 6 and their code: SGD, warm-up over a tenth of the steps, no clipping. Of
# their ten rates this is one with which unclipped steps do not overshoot.
VPT_RECIPE = Recipe(
    0.25, 0.05, 50.0, "sgd", "momentum=0.9", 1e-3, warmup=0.1, rate_of_256=True, clip=0.0
)

VPT_SHALLOW = Method(
    name="vpt-shallow",
    summary="learned tokens after the class token, and a linear head; backbone frozen",
    source="Jia et al. 2022, Visual Prompt Tuning (VPT-shallow)",
    storage={"image": "part"},
    insertion="vpt-shallow",
    build=load_frozen,
    recipes={"image": VPT_RECIPE},
    has_prompt=True,
)
