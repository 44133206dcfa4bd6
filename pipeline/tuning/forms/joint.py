"""Being tuned on stimuli and on the responses to them at once: the sum of both losses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.data.forms.stimuli import RespondedStimuli
from pipeline.tuning.forms.brain import brain_objective
from pipeline.tuning.forms.form import Form, masks_unless_written
from pipeline.tuning.forms.stimulus import picture_items, stimulus_objective, text_items

if TYPE_CHECKING:
    from pipeline.models.travelling.text import TextModel
    from pipeline.models.travelling.vision import VisionModel
    from pipeline.tuning.forms.form import Loss


def _objective(
    model: TextModel | VisionModel, training: RespondedStimuli, validation: RespondedStimuli
) -> Loss:
    from pipeline.tuning.forms.readout import SumOfLosses

    parts = [make(model, training, validation) for make in (stimulus_objective, brain_objective)]
    return SumOfLosses(parts)


JOINT_TEXT = Form(
    name="regime-joint",
    modality="text",
    examples=RespondedStimuli,
    items=text_items,
    own_objective=_objective,
    special_tokens=masks_unless_written,
    whole_batches=True,
    own_head=True,
)
JOINT_PICTURES = replace(JOINT_TEXT, modality="image", items=picture_items)
