"""Being tuned on responses: a linear read-out of the last layer, by correlation over a batch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.data.forms.stimuli import RespondedStimuli
from pipeline.tuning.forms.form import Form
from pipeline.tuning.forms.stimulus import picture_items, text_items

if TYPE_CHECKING:
    from pipeline.models.travelling.text import TextModel
    from pipeline.models.travelling.vision import VisionModel
    from pipeline.tuning.forms.form import Loss


def brain_objective(
    model: TextModel | VisionModel, training: RespondedStimuli, validation: RespondedStimuli
) -> Loss:
    """Give the loss of a read-out that starts as the ridge regression on the untuned states."""
    from pipeline.tuning.forms.readout import readout_loss

    return readout_loss(model, training, validation)


BRAIN_TEXT = Form(
    name="regime-brain",
    modality="text",
    examples=RespondedStimuli,
    items=text_items,
    own_objective=brain_objective,
    whole_batches=True,
    own_head=True,
)
BRAIN_PICTURES = replace(BRAIN_TEXT, modality="image", items=picture_items)
