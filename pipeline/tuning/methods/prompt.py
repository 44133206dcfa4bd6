"""``prompt``: learned input embeddings in front of the text, weights frozen."""

from __future__ import annotations

from pipeline.models.travelling.loading import TunedModel
from pipeline.models.travelling.text import TextModel, load_text_network, load_tokenizer
from pipeline.tuning.method import Method, Recipe, Start


def _adapt(start: Start) -> TunedModel:
    network = load_text_network(start.base_folder, start.card)
    from peft import PromptTuningConfig, PromptTuningInit, get_peft_model

    config = PromptTuningConfig(
        task_type="CAUSAL_LM",
        num_virtual_tokens=start.card.prompt_length,
        # embeddings of real tokens: a prompt drawn at random starts far from anything known
        prompt_tuning_init=PromptTuningInit.SAMPLE_VOCAB,
    )
    tokenizer = load_tokenizer(start.base_folder)
    return TextModel(get_peft_model(network, config), tokenizer, start.card)


PROMPT = Method(
    name="prompt",
    summary="learned input embeddings in front of the text; weights frozen (PEFT prompt tuning)",
    source="Lester et al. 2021, The Power of Scale for Parameter-Efficient Prompt Tuning",
    storage={"text": "part"},
    insertion="peft",
    adapt=_adapt,
    recipes={"text": Recipe(1e-2, 1e-3, 0.3)},
    has_prompt=True,
)
