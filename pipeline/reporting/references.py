"""References for what a study used, as BibTeX."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Citation:
    """A publication.

    Parameters
    ----------
    key, kind : str
        Of its BibTeX entry.
    starts : tuple of str
        It is cited where the name of a base, method or brain dataset starts with one of these;
        empty: always.
    fields : mapping of str to str
    """

    key: str
    kind: str
    starts: tuple[str, ...]
    fields: dict[str, str]


REFERENCES = (
    Citation(
        "malladi-prompt-tuned",
        "misc",
        (),
        {
            "author": "Malladi and Bhamidipati and Kumar",
            "title": "Prompt-tuned vs Fine-tuned models: which better account for brain language "
            "(and vision) representations?",
            "howpublished": "IIIT Hyderabad",
        },
    ),
    Citation(
        "pereira-2018",
        "article",
        ("pereira2018",),
        {
            "author": "Pereira, Francisco and Lou, Bin and Pritchett, Brianna and others",
            "title": "Toward a universal decoder of linguistic meaning from brain activation",
            "journal": "Nature Communications",
            "volume": "9",
            "pages": "963",
            "year": "2018",
        },
    ),
    Citation(
        "chang-2019",
        "article",
        ("bold5000",),
        {
            "author": "Chang, Nadine and Pyles, John A. and Marcus, Austin and others",
            "title": "{BOLD5000}, a public {fMRI} dataset while viewing 5000 visual images",
            "journal": "Scientific Data",
            "volume": "6",
            "pages": "49",
            "year": "2019",
        },
    ),
    Citation(
        "lester-2021",
        "inproceedings",
        ("prompt",),
        {
            "author": "Lester, Brian and Al-Rfou, Rami and Constant, Noah",
            "title": "The Power of Scale for Parameter-Efficient Prompt Tuning",
            "booktitle": "EMNLP",
            "year": "2021",
        },
    ),
    Citation(
        "li-2021",
        "inproceedings",
        ("prefix",),
        {
            "author": "Li, Xiang Lisa and Liang, Percy",
            "title": "Prefix-Tuning: Optimizing Continuous Prompts for Generation",
            "booktitle": "ACL",
            "year": "2021",
        },
    ),
    Citation(
        "jia-2022",
        "inproceedings",
        ("vpt",),
        {
            "author": "Jia, Menglin and Tang, Luming and Chen, Bor-Chun and others",
            "title": "Visual Prompt Tuning",
            "booktitle": "ECCV",
            "year": "2022",
        },
    ),
    Citation(
        "hu-2022",
        "inproceedings",
        ("lora",),
        {
            "author": "Hu, Edward J. and Shen, Yelong and Wallis, Phillip and others",
            "title": "{LoRA}: Low-Rank Adaptation of Large Language Models",
            "booktitle": "ICLR",
            "year": "2022",
        },
    ),
    Citation(
        "wortsman-2022",
        "inproceedings",
        ("wise-ft",),
        {
            "author": "Wortsman, Mitchell and Ilharco, Gabriel and Kim, Jong Wook and others",
            "title": "Robust fine-tuning of zero-shot models",
            "booktitle": "CVPR",
            "year": "2022",
        },
    ),
    Citation(
        "sun-2023",
        "inproceedings",
        (),
        {
            "author": "Sun, Jingyuan and Moens, Marie-Francine",
            "title": "Fine-tuned vs. Prompt-tuned Supervised Representations: Which Better "
            "Account for Brain Language Representations?",
            "booktitle": "IJCAI",
            "year": "2023",
            "eprint": "2310.01854",
            "archiveprefix": "arXiv",
        },
    ),
)


def bibtex_for(names: Iterable[str]) -> str:
    """Write the references of a study.

    Parameters
    ----------
    names : iterable of str
        Of its bases, methods and brain datasets.
    """
    used = list(names)
    entries = [
        reference
        for reference in REFERENCES
        if not reference.starts or any(name.startswith(reference.starts) for name in used)
    ]
    return "\n".join(_entry(reference) for reference in entries)


def _entry(reference: Citation) -> str:
    lines = [f"  {name} = {{{value}}}," for name, value in reference.fields.items()]
    return "\n".join([f"@{reference.kind}{{{reference.key},", *lines, "}", ""])
