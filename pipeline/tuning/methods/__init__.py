"""METHODS: every way of adapting a base, one file each."""

from pipeline.tuning.method import Method
from pipeline.tuning.methods.adapter import ADAPTER
from pipeline.tuning.methods.base import BASE
from pipeline.tuning.methods.bitfit import BITFIT
from pipeline.tuning.methods.full import FULL
from pipeline.tuning.methods.ia3 import IA3
from pipeline.tuning.methods.lora import LORA
from pipeline.tuning.methods.prefix import PREFIX
from pipeline.tuning.methods.probe import PROBE
from pipeline.tuning.methods.prompt import PROMPT
from pipeline.tuning.methods.prompt_full import PROMPT_FULL
from pipeline.tuning.methods.random_prompt import RANDOM_PROMPT
from pipeline.tuning.methods.untrained import UNTRAINED
from pipeline.tuning.methods.vpt_deep import VPT_DEEP
from pipeline.tuning.methods.vpt_shallow import VPT_SHALLOW
from pipeline.tuning.methods.wise_ft import WISE_FT

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        BASE,
        UNTRAINED,
        RANDOM_PROMPT,
        FULL,
        PROBE,
        PROMPT,
        PREFIX,
        LORA,
        IA3,
        ADAPTER,
        BITFIT,
        PROMPT_FULL,
        VPT_SHALLOW,
        VPT_DEEP,
        WISE_FT,
    )
}

PROMPT_METHODS = tuple(name for name, method in METHODS.items() if method.trains_prompts_only)

__all__ = ["METHODS", "PROMPT_METHODS"]
