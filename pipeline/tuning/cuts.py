"""Task examples longer than what a model reads of them: how many are cut, in training and test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.data.task import TaskData
from pipeline.tuning.forms import form_of

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel


def count_cuts(model: TunedModel, data: TaskData) -> Mapping[str, int]:
    """Count examples that a model reads in part, as its prompt leaves too little room for them.

    Words to tag and texts to find spans in are never cut: long ones are read in stretches.

    Parameters
    ----------
    model : TextModel or VisionModel
        A longer prompt cuts more: versions of one base may see different examples.
    data : TaskData

    Returns
    -------
    dict of str to int
        Of the splits 'train' and 'test'.
    """
    from pipeline.models.travelling.text import TextModel

    if not isinstance(model, TextModel):
        return {"train": 0, "test": 0}
    lengths_of = form_of(model.card).whole_lengths
    lengths = {
        "train": lengths_of(model, data.train, False),
        "test": lengths_of(model, data.test, True),
    }
    return {split: sum(n > model.room for n in each) for split, each in lengths.items()}
