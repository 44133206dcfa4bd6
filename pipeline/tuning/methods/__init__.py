"""METHODS: every way of adapting a base, one file each."""

from pipeline.tuning.method import Method
from pipeline.tuning.methods.base import BASE
from pipeline.tuning.methods.full import FULL
from pipeline.tuning.methods.prompt import PROMPT
from pipeline.tuning.methods.vpt_shallow import VPT_SHALLOW

METHODS: dict[str, Method] = {m.name: m for m in (BASE, FULL, PROMPT, VPT_SHALLOW)}

__all__ = ["METHODS"]
