"""``prompt``: learned input embeddings in front of the text, weights frozen."""

from __future__ import annotations

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


#: Tokens to draw from, as by Lester et al. 2021, §3.2: vocabularies are in the order of frequency.
COMMONEST = 5000


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

    length, tokenizer = start.card.prompt_length, model.tokenizer
    if start.settings.prompt_init == "text":
        text_ids = tokenizer(start.settings.prompt_text, add_special_tokens=False)["input_ids"]
        return torch.tensor((text_ids * length)[:length])
    special = set(tokenizer.all_special_ids)
    words = torch.tensor([n for n in range(len(tokenizer)) if n not in special])
    if start.settings.prompt_init == "common":
        words = words[:COMMONEST]
    return words[torch.randint(len(words), (length,))]


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
