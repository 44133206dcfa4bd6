"""Forms of task for texts, by the name on a card: the head that each needs, and how it answers."""

from __future__ import annotations

from .classification import CLASSIFICATION
from .cloze import CLOZE
from .form import TextForm
from .generation import GENERATION
from .spans import SPANS
from .spans_or_none import SPANS_OR_NONE
from .stimuli import STIMULI
from .tagging import TAGGING

FORMS: dict[str, TextForm] = {
    "generation": GENERATION,
    "classification": CLASSIFICATION,
    "cloze": CLOZE,
    "tagging": TAGGING,
    "spans": SPANS,
    "spans-or-none": SPANS_OR_NONE,
    "regime-stimulus": STIMULI,
    "regime-brain": STIMULI,
    "regime-joint": STIMULI,
}
