"""``prompt``: learned input embeddings in front of the text, weights frozen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pipeline.errors import Problem
from pipeline.tuning.loading import load_frozen
from pipeline.tuning.method import Method
from pipeline.tuning.prompt_room import lacks_room
from pipeline.tuning.recipe import Recipe
from pipeline.tuning.start import Start

if TYPE_CHECKING:
    import torch

    from pipeline.models.travelling.loading import TunedModel


#: Tokens to draw from, as by Lester et al. 2021, §3.2.
COMMONEST = 5000
_PLACEHOLDER = re.compile(r"\W*(unused|madeupword|reserved)\D*\d+\W*", re.IGNORECASE)
_MARKS = re.compile(r"##|<0x[0-9A-F]{2}>")  # of a place within a word (WordPiece); of a byte


def build_prompted(start: Start) -> TunedModel:
    """Load a base, frozen, with a prompt in front that starts as the settings say."""
    import torch

    from pipeline.models.travelling.insertions.prompt import reader_of

    model = load_frozen(start)
    reader = reader_of(model.network)
    if start.settings.prompt_init != "random":  # which the insertion has drawn
        tokens = _starting_tokens(model, start).to(start.device)
        with torch.no_grad():
            reader.prompt.copy_(reader.get_input_embeddings()(tokens))
    return model


def _starting_tokens(model: Any, start: Start) -> torch.Tensor:
    import torch

    from pipeline.models.travelling.vocabulary import words_of

    length, tokenizer = start.card.prompt_length, model.tokenizer
    if start.settings.prompt_init == "text":
        text_ids = tokenizer(start.settings.prompt_text, add_special_tokens=False)["input_ids"]
        return torch.tensor((text_ids * length)[:length])
    known = set(words_of(model.network, tokenizer))
    if start.settings.prompt_init == "common":
        tokens = [n for n in commonest(tokenizer) if n in known][:COMMONEST]
    else:
        tokens = [n for n, _ in vocabulary(tokenizer) if n in known]
    return torch.tensor(tokens)[torch.randint(len(tokens), (length,))]


def vocabulary(tokenizer: Any) -> list[tuple[int, str]]:
    """List the tokens that stand for text, in order of their numbers."""
    names = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    idle = set(tokenizer.all_special_ids)
    named = [(n, str(name)) for n, name in enumerate(names) if n not in idle]
    return [(n, name) for n, name in named if not _PLACEHOLDER.fullmatch(name)]


def commonest(tokenizer: Any) -> list[int]:
    """List the tokens of a vocabulary, the commonest first.

    A vocabulary is in this order as it was built: by merges (BPE, WordPiece) or by likelihood
    (unigrams). But before the first merge stands the alphabet, rare characters among it, in the
    order of a code: GPT-2's bytes, the thousand characters of BERT.
    """
    tokens = vocabulary(tokenizer)
    sizes = [len(_MARKS.sub("", name)) for _, name in tokens]
    n_alphabet = next((n for n, size in enumerate(sizes) if size > 1), 0)
    return [n for n, _ in tokens[n_alphabet:]]


def lacks_for_prompt(start: Start) -> Iterator[Problem]:
    """Find what stands against a prompt: no room for it, or no text to start from."""
    yield from lacks_room(start)
    settings = start.settings
    if (settings.prompt_init == "text") != bool(settings.prompt_text.strip()):
        yield Problem(
            "prompt_text",
            "a text if prompt_init=text, and none otherwise",
            f"prompt_init={settings.prompt_init} with prompt_text='{settings.prompt_text}'",
            "Pass both prompt_init=text and prompt_text=<words>, or neither.",
        )


PROMPT = Method(
    name="prompt",
    summary="learned input embeddings in front of the text; weights frozen (prompt tuning)",
    source="Lester et al. 2021, The Power of Scale for Parameter-Efficient Prompt Tuning",
    storage={"text": "part"},
    insertion="prompt",
    build=build_prompted,
    recipes={"text": Recipe(1e-2, 1e-3, 0.3)},
    # Lester et al. 2021, §3 and appendix A; Adafactor's own clipping of updates is the only one
    recipe_from_noise=Recipe(
        0.3, 1e-3, 0.5, "adafactor", weight_decay=1e-5, warmup=0.0, schedule="constant", clip=0.0
    ),
    has_prompt=True,
    trains_prompts_only=True,
    lacks=lacks_for_prompt,
)
