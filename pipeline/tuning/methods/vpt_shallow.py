"""``vpt-shallow``: learned tokens after the class token and a linear head, backbone frozen."""

from __future__ import annotations

from pipeline.tuning.bases import load_frozen
from pipeline.tuning.method import Method, Recipe

VPT_SHALLOW = Method(
    name="vpt-shallow",
    summary="learned tokens after the class token, and a linear head; backbone frozen",
    source="Jia et al. 2022, Visual Prompt Tuning (VPT-shallow)",
    storage={"image": "part"},
    insertion="vpt-shallow",
    build=load_frozen,
    recipes={
        "image": Recipe(1.0, 0.05, 50.0, "sgd", "momentum=0.9", 1e-3, warmup=0.1, rate_of_256=True)
    },
    has_prompt=True,
)
