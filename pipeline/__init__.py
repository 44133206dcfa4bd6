"""Adapt pretrained models, and measure how well their representations account for the brain."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType


class _TorchvisionOnCpu(importlib.abc.MetaPathFinder):
    """Makes ``import torchvision`` work where torch was built without CUDA.

    The wheel of torchvision is linked against CUDA. Beside a CPU build of torch its compiled
    operators do not load, and its Python half then dies on their missing schemas, taking timm,
    peft and most of transformers with it. Declaring the schemas is enough: nothing here calls
    them. The finder waits until torchvision is asked for, so importing this package stays cheap.
    """

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname == "torchvision":
            sys.meta_path.remove(self)
            from pipeline.models.travelling.torchvision_on_cpu import (
                declare_torchvision_operators,
            )

            declare_torchvision_operators()
        return None


if "torchvision" not in sys.modules:
    sys.meta_path.insert(0, _TorchvisionOnCpu())
