"""Published results on the question: the seed paper's tables, and claims in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

PublishedMethod = Literal["prompt", "full"]


@dataclass(frozen=True)
class PublishedScore:
    """One 2v2 accuracy of the seed paper (brain decoding, subject 1, ridge, Eq. 1).

    Parameters
    ----------
    table : str
        Its number in the paper.
    base, task, roi : str
        In this project's words.
    kind : 'prompt' or 'full'
        Tuned by a prompt alone, or fine-tuned.
    score : float
    """

    table: str
    base: str
    task: str
    roi: str
    kind: PublishedMethod
    score: float


@dataclass(frozen=True)
class PublishedClaim:
    """A published finding in words."""

    setting: str
    finding: str
    source: str


SEED_PAPER = (
    "Malladi, Bhamidipati, Kumar: Prompt-tuned vs Fine-tuned models: which better account for "
    "brain language (and vision) representations?"
)
DIRECTION = "decoding"
#: Brain datasets of the paper, by the start of their names here: base -> start.
BRAIN_OF = {"gpt2": "pereira2018", "vit_base_patch16_224": "bold5000"}
#: How a first subject may be named: P01, sub-01, CSI1, subj1.
FIRST_SUBJECT = re.compile(r"(P|S|CSI|subj?-?(CSI)?)0*1", re.IGNORECASE)

_KINDS: tuple[PublishedMethod, PublishedMethod] = ("prompt", "full")
_TEXT_TASKS = ("summarization", "translation", "question-answering")
#: Table, ROI, and per task the 2v2 accuracies of the prompt-tuned and the fine-tuned model.
_TEXT = (
    ("II", "language", ((0.7548, 0.6737), (0.7094, 0.6662), (0.7548, 0.6525))),
    ("III", "task", ((0.7406, 0.6436), (0.6971, 0.6779), (0.7406, 0.6299))),
    ("IV", "visual", ((0.7530, 0.6788), (0.7090, 0.6728), (0.7530, 0.6458))),
    ("V", "dmn", ((0.7181, 0.6304), (0.6618, 0.6258), (0.7181, 0.6029))),
)
_IMAGE_TASKS = ("mnist", "cifar10")
_IMAGE = (
    ("VII", "LOC", ((0.756, 0.824), (0.754, 0.819))),
    ("VIII", "OPA", ((0.750, 0.836), (0.748, 0.821))),
)
PUBLISHED_SCORES = tuple(
    PublishedScore(table, base, task, roi, kind, score)
    for base, tasks, tables in (
        ("gpt2", _TEXT_TASKS, _TEXT),
        ("vit_base_patch16_224", _IMAGE_TASKS, _IMAGE),
    )
    for table, roi, pairs in tables
    for task, pair in zip(tasks, pairs, strict=True)
    for kind, score in zip(_KINDS, pair, strict=True)
)
#: What makes some of the numbers doubtful.
ODDITIES = (
    "In the paper prompt-tuned summarization and question answering have the same 2v2 accuracy to "
    "four digits in all four ROIs, which suggests one model scored twice; its text says that ViT "
    "tuned on CIFAR-10 did better than on MNIST, its Tables VII and VIII say the opposite. Folds, "
    "alpha and pooling are not stated."
)

CLAIM_LABEL = "Published claims, not numbers reproduced here"
PUBLISHED_CLAIMS = (
    PublishedClaim(
        "GPT-2, sentences of Pereira et al. 2018, 2v2 accuracy",
        "Prompt tuning gave better brain alignment than fine-tuning.",
        SEED_PAPER,
    ),
    PublishedClaim(
        "ViT, pictures of BOLD5000, 2v2 accuracy",
        "Fine-tuning gave better brain alignment than prompt tuning.",
        SEED_PAPER,
    ),
    PublishedClaim(
        "BERT, ten language-understanding tasks, neural decoding",
        "On none of the ten tasks did full fine-tuning significantly outperform prompt tuning.",
        "Sun and Moens, IJCAI 2023, arXiv:2310.01854, abstract",
    ),
)
