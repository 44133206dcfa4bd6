"""``vpt-deep``: learned tokens in every layer and a linear head, backbone frozen."""

from __future__ import annotations

from pipeline.tuning.loading import load_frozen
from pipeline.tuning.method import Method
from pipeline.tuning.methods.vpt_shallow import VPT_RECIPE, lacks_tokens_for_prompts

VPT_DEEP = Method(
    name="vpt-deep",
    summary="learned tokens in every layer, and a linear head; backbone frozen",
    source="Jia et al. 2022, Visual Prompt Tuning (VPT-deep)",
    storage={"image": "part"},
    insertion="vpt-deep",
    build=load_frozen,
    recipes={"image": VPT_RECIPE},
    has_prompt=True,
    trains_prompts_only=True,
    lacks=lacks_tokens_for_prompts,
)
