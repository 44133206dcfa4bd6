"""Write the tables of bases, tasks, methods and brain datasets that README and docs show.

python -m entrypoints.names
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.config import Catalogue, Listed
from pipeline.tracking.catalogue import catalogue

README, PAGE = Path("README.md"), Path("docs/names.md")
#: Field of the settings -> heading, and what is said above its table.
FIELDS = {
    "base": ("Bases", "Beside these: `organisation/name@revision` of the hub, any vision model of "
             "timm's as `timm/name` (ViT, DeiT, DINO, CLIP, SigLIP, BEiT, EVA, Swin, ConvNeXt, "
             "ResNet, …), and a local directory with safetensors."),
    "task": ("Tasks", "Those of the hub also read local files, `data_dir=`."),
    "method": ("Methods", "Each with the recipe of its source."),
    "brain": ("Brain datasets", "All but the simulated ones read `brain_dir=`."),
}  # fmt: skip
MODALITIES = {"text": "text", "image": "image", "image text": "text, image"}
_MARKED = re.compile(r"(?<=<!-- names -->\n).*?(?=<!-- end of names -->)", re.DOTALL)


def page(names: Catalogue) -> str:
    """Give the text of the page that says what every name is."""
    parts = [
        "# Names",
        "What settings and studies can name, made from the registries by `python -m "
        "entrypoints.names`.",
    ]
    for field, (heading, remark) in FIELDS.items():
        parts += [f"## {heading}", remark, "\n".join(_rows(names.names[field]))]
    return "\n\n".join(parts) + "\n"


def short_table(names: Catalogue) -> str:
    """Give the table of README: every name once, by kind."""
    rows = ["| | names |", "|---|---|"]
    for field, (heading, _) in FIELDS.items():
        for modality, words in MODALITIES.items():
            own = [f"`{name}`" for name, listed in names.names[field].items()
                   if " ".join(sorted(listed.modalities)) == modality]  # fmt: skip
            if own:
                rows.append(f"| {heading.lower()}, {words} | {', '.join(own)} |")
    return "\n".join(rows) + "\n"


def with_table(readme: str, names: Catalogue) -> str:
    """Put the table between the marks of README."""
    return _MARKED.sub(lambda _: short_table(names), readme)


def _rows(listed: Mapping[str, Listed]) -> Iterator[str]:
    yield from ("| name | for | what it is |", "|---|---|---|")
    for name, entry in listed.items():
        modality = MODALITIES[" ".join(sorted(entry.modalities))]
        yield f"| `{name}` | {modality} | {entry.summary} |"


if __name__ == "__main__":
    known = catalogue()
    PAGE.write_text(page(known), encoding="utf-8")
    README.write_text(with_table(README.read_text(encoding="utf-8"), known), encoding="utf-8")
    print(f"Written: {PAGE}, and the table of {README}.")
