"""Small examples of every form of task, and what a method adapts to them."""

import numpy as np

from pipeline.config import MethodConfig
from pipeline.data.forms.classification import LabelledTexts
from pipeline.data.forms.generation import TextPairs
from pipeline.data.forms.pictures import LabelledImages
from pipeline.data.forms.spans import TextSpans
from pipeline.data.forms.tagging import TaggedTexts
from pipeline.models.bases import PRETRAINED
from pipeline.models.travelling.card import Card, base_digest
from pipeline.tuning.methods import METHODS
from pipeline.tuning.start import Start

CLASSES = {
    "generation": (),
    "classification": ("dough", "net", "other"),
    "cloze": ("dough", "net", "wall"),
    "tagging": ("word", "place"),
    "spans": (),
    "spans-or-none": (),
    "picture": ("dark", "light", "grey"),
}
SENTENCES = (
    "the baker kneads the dough in the kitchen .",
    "the sailor mends a net .",
    "a teacher reads .",
    "the baker sells the dough .",
    "a sailor throws the net over the wall .",
    "the teacher sings in the garden .",
)
PLACES = {"kitchen", "wall", "garden"}


def examples_of(form):
    """Six examples of a form of task."""
    labels = np.array([0, 1, 2, 0, 1, 2])
    words = tuple(tuple(sentence.split()) for sentence in SENTENCES)
    if form == "generation":
        return TextPairs(SENTENCES, tuple(sentence.split()[1] for sentence in SENTENCES))
    if form in ("classification", "cloze"):
        return LabelledTexts(tuple((sentence,) for sentence in SENTENCES), labels)
    if form == "tagging":
        return TaggedTexts(
            words, tuple(np.array([w in PLACES for w in text]) * 1 for text in words)
        )
    if form.startswith("spans"):
        answers = tuple((text[1],) for text in words)
        starts = np.array([s.index(a[0]) for s, a in zip(SENTENCES, answers, strict=True)])
        if form == "spans-or-none":
            answers, starts = ((), *answers[1:]), np.array([-1, *starts[1:]])
        return TextSpans(("who ?",) * 6, SENTENCES, answers, starts)
    pictures = (
        np.random.default_rng(0).integers(0, 80, (6, 32, 32, 3)) + 60 * labels[:, None, None, None]
    )
    return LabelledImages(pictures.astype(np.uint8), labels)


def start_for(method, base, form, length=6, folder=None, **settings):
    """Make what a method adapts: an embedded base and six examples."""
    modality = "image" if form == "picture" else "text"
    folder = folder or PRETRAINED / base
    card = Card(
        base=base,
        base_digest=base_digest(folder),
        modality=modality,
        task=form,
        method=method,
        storage=METHODS[method].storage.get(modality, "part"),
        form="classification" if form == "picture" else form,
        insertion=METHODS[method].insertion,
        prompt_length=length if METHODS[method].has_prompt else 0,
        cue=" so :" if form in ("generation", "cloze") else "",
        max_target_tokens=4 if form == "generation" else 0,
        classes=CLASSES[form],
    )
    return Start(folder, card, examples_of(form), MethodConfig(adapter_width=8, **settings))
