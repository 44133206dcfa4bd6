"""What others have published on the question, to read beside a study: claims, never our numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedClaim:
    """A published finding in words.

    Parameters
    ----------
    modality : 'text' or 'image'
    setting, finding : str
    source : str
        Where it was claimed.
    """

    modality: str
    setting: str
    finding: str
    source: str


CLAIM_LABEL = "Published claim, not a number reproduced here"

#: Only what was read in a source; the seed paper's numeric tables were not at hand.
PUBLISHED_CLAIMS = (
    PublishedClaim(
        "text",
        "GPT-2, sentences of Pereira et al. 2018, 2v2 accuracy",
        "Prompt tuning gave better brain alignment than fine-tuning.",
        "the paper this study follows",
    ),
    PublishedClaim(
        "image",
        "ViT, pictures of BOLD5000, 2v2 accuracy",
        "Fine-tuning gave better brain alignment than prompt tuning.",
        "the paper this study follows",
    ),
    PublishedClaim(
        "text",
        "BERT, ten language-understanding tasks, neural decoding",
        "On none of the ten tasks did full fine-tuning significantly outperform prompt tuning.",
        "Sun and Moens, IJCAI 2023, arXiv:2310.01854, abstract",
    ),
)
