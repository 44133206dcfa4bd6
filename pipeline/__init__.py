"""Adapt pretrained models, and measure how well their representations account for the brain.

In Python: :func:`scores` and :func:`contrasts` of a study, drawn by :func:`plot_contrast`;
:func:`features` of a model for stimuli, and :func:`align` of arrays.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.alignment import align
    from pipeline.tracking.api.contrasts import contrasts, plot_contrast
    from pipeline.tracking.api.features import features
    from pipeline.tracking.api.scores import scores

__all__ = ["align", "contrasts", "features", "plot_contrast", "scores"]

#: Where each public function lives; it is imported when it is first used, for that takes seconds.
_HOMES = {
    "align": "pipeline.alignment",
    "contrasts": "pipeline.tracking.api.contrasts",
    "features": "pipeline.tracking.api.features",
    "plot_contrast": "pipeline.tracking.api.contrasts",
    "scores": "pipeline.tracking.api.scores",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


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
            from pipeline.models.travelling.torchvision_on_cpu import declare_torchvision_operators

            declare_torchvision_operators()
        return None


if "torchvision" not in sys.modules:
    sys.meta_path.insert(0, _TorchvisionOnCpu())
