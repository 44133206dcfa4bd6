"""The table of bases and methods in docs/bases.md, made by asking every method about every base.

    PYTHONPATH=.:tests:tests/tuning python -m bases_table > docs/bases.md

Bases are very small ones with random weights: what a method needs of a base, its size does not
decide.
"""

import tempfile
from pathlib import Path

HEAD = """# Bases and methods

Which method adapts which architecture, as the methods themselves answer:
`tests/tuning/bases_table.py` makes this page, and a test compares it. Texts: for the form of task
that the architecture is used for, generation or, for encoders, classification. Any other model of
transformers or timm can be a base as well. Before anything is trained each is tried on itself: are
its states as many as tokens, and finite; does a decoder see what is yet to be written; does what is
trained move the features? What fails is refused by its name, so that nothing is tuned in vain.
Where a network reads padding as if it were text (FNet, ConvBERT, YOSO), batches are of one length.
"""

ALSO = """## Further texts

XLNet reads both ways while it writes, Nyströmformer takes texts of some lengths alone, and LoRA
finds no linear layer in SqueezeBERT but the pooler's, behind all features.
"""

REASONS = """## Why not

- **prefix**: BLOOM makes biases of distances, and DeBERTa weighs positions beside contents, each in
  an attention of its own: keys without a place have no meaning there that a source gives. So have
  GPT-J, CodeGen and RoFormer, where what attends cannot be reached from without. ALBERT passes one
  layer again and again: keys and values of every layer would be those of one. Mamba has no
  attention.
- **bitfit**: Llama, Qwen3, Mistral, Gemma, ModernBERT and T5 have no biases.
- **vpt**: BEiT's blocks are given biases by relative position, one for each patch; Swin, ConvNeXt
  and ResNet have no tokens that a prompt could stand beside, and the class token of CaiT, XCiT and
  ConViT, behind which it would stand, comes in after their first blocks.
"""


def table(bases, form, methods):
    """Ask methods about bases, given as (name, folder) pairs, for a form of task."""
    from starts import start_for

    from pipeline.errors import TuningError
    from pipeline.tuning.methods import METHODS

    lines = [f"| base | {' | '.join(methods)} |", f"|---|{':-:|' * len(methods)}"]
    for base, folder in bases:
        cells = []
        for name in methods:
            start = start_for(name, base, form(base), length=3, folder=folder)
            try:
                METHODS[name].adapt(start)
                cells.append("yes")
            except TuningError:
                cells.append("no")
        lines.append(f"| {base} | {' | '.join(cells)} |")
    return "\n".join(lines)


def page(folder):
    """Make the page; the bases are laid down in a folder."""
    from architectures import (
        DECODERS,
        ENCODERS,
        FURTHER,
        FURTHER_ENCODERS,
        PAIRS,
        make_architecture,
    )
    from vision_architectures import VISION, timm_folder

    from pipeline.tuning.methods import METHODS

    trained = [name for name, m in METHODS.items() if m.recipes and not m.interpolates]
    texts, pictures = (
        [name for name in trained if modality in METHODS[name].storage]
        for modality in ("text", "image")
    )
    of_text = [(k, make_architecture(k, folder / k)) for k in (*DECODERS, *ENCODERS, *PAIRS)]
    further = [(k, make_architecture(k, folder / k)) for k in FURTHER]
    for kind, (name, settings) in VISION.items():
        timm_folder(folder / f"vision-{kind}", name, settings)
    of_pictures = [(kind, folder / f"vision-{kind}") for kind in VISION]
    form = {**dict.fromkeys((*ENCODERS, *FURTHER_ENCODERS), "classification")}
    return "\n".join(
        [
            HEAD,
            "## Texts\n",
            table(of_text, lambda kind: form.get(kind, "generation"), texts),
            f"\n{ALSO}",
            table(further, lambda kind: form.get(kind, "generation"), texts),
            "\n## Pictures\n",
            table(of_pictures, lambda _: "picture", pictures),
            f"\n{REASONS}",
        ]
    )


if __name__ == "__main__":
    import pipeline  # noqa: F401 (lets torchvision import beside a CPU build of torch)

    with tempfile.TemporaryDirectory(prefix="bases-") as name:
        print(page(Path(name)), end="")
