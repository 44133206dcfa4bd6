"""Being tuned on stimuli themselves: the words of sentences, or two crops of each picture."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline.data.forms.stimuli import RespondedStimuli
from pipeline.tuning.forms.form import IGNORED, Form, masks_unless_written

if TYPE_CHECKING:
    import torch

    from pipeline.models.travelling.text import TextModel
    from pipeline.models.travelling.vision import VisionModel
    from pipeline.tuning.forms.form import Loss
    from pipeline.tuning.forms.items import Item


def text_items(model: TextModel, stimuli: RespondedStimuli) -> list[Item]:
    """Encode sentences; every token that is no special one may be asked for.

    Where stimuli have responses, each item has those to it.
    """
    import torch

    from pipeline.models.travelling.framing import encode_segments
    from pipeline.tuning.forms.items import item_of

    special = set(model.tokenizer.all_special_ids)
    items: list[Item] = []
    texts = [(str(text),) for text in stimuli.items]
    for encoded in encode_segments(model.tokenizer, model.room, texts):
        ids = encoded["input_ids"]
        labels = torch.tensor([IGNORED if token in special else token for token in ids])
        if model.kind == "decoder":
            labels[0] = IGNORED  # nothing stands before it
        items.append(item_of(encoded, labels))
    return _beside_responses(items, stimuli)


def picture_items(_: VisionModel, stimuli: RespondedStimuli) -> list[Item]:
    """Take pictures as bytes, with the responses to them where there are any."""
    import numpy as np
    import torch

    items: list[Item] = [{"images": torch.from_numpy(np.asarray(x))} for x in stimuli.items]
    return _beside_responses(items, stimuli)


def _beside_responses(items: list[Item], stimuli: RespondedStimuli) -> list[Item]:
    import torch

    if not stimuli.responses.shape[1]:
        return items
    responses = torch.from_numpy(stimuli.responses)
    return [{**item, "responses": own} for item, own in zip(items, responses, strict=True)]


def text_loss(model: TextModel, network: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy of words: of the next one, or of those that are masked."""
    from pipeline.tuning.forms.word_losses import causal_loss, masked_loss

    if model.kind == "decoder":
        return causal_loss(network, batch)
    return masked_loss(network, batch, model.tokenizer.mask_token_id)


def stimulus_objective(
    model: TextModel | VisionModel, training: RespondedStimuli, validation: RespondedStimuli
) -> Loss:
    """Give the loss of a model of either modality, which needs to see no stimuli before."""
    from pipeline.models.travelling.text import TextModel
    from pipeline.tuning.forms.two_crops import crops_loss

    del training, validation
    if isinstance(model, TextModel):
        return partial(text_loss, model)

    return partial(crops_loss, model)


STIMULUS_TEXT = Form(
    name="regime-stimulus",
    modality="text",
    examples=RespondedStimuli,
    items=text_items,
    own_objective=stimulus_objective,
    special_tokens=masks_unless_written,
    own_head=True,
)
STIMULUS_PICTURES = Form(
    name="regime-stimulus",
    modality="image",
    examples=RespondedStimuli,
    items=picture_items,
    own_objective=stimulus_objective,
    whole_batches=True,
    own_head=True,
)
