"""The positions of a base are counted from its first one for a token."""

import pytest
import torch
from transformers import AutoConfig, AutoModel

from pipeline.models.travelling.architecture import context_length

SIZES = {
    "vocab_size": 50,
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "max_position_embeddings": 34,
    "pad_token_id": 1,
}
FURTHER = {
    "xmod": {"languages": ["en_XX"], "default_language": "en_XX"},
    "longformer": {"attention_window": 4},
    "luke": {"entity_vocab_size": 4, "entity_emb_size": 8},
    "esm": {"mask_token_id": 3},
}
FROM_PADDING = (
    *("roberta", "roberta-prelayernorm", "xlm-roberta", "xlm-roberta-xl", "xmod", "camembert"),
    *("data2vec-text", "longformer", "mpnet", "ibert", "luke", "esm"),
)


@pytest.mark.parametrize("kind", [*FROM_PADDING, "bert"])
def test_a_text_of_the_whole_context_is_read_and_none_that_is_longer(kind):
    config = AutoConfig.for_model(kind, **SIZES, **FURTHER.get(kind, {}))
    network = AutoModel.from_config(config).eval()
    context = context_length(config)
    assert context == (34 if kind == "bert" else 32)
    text = torch.full((1, context + 1), 7)
    with torch.inference_mode():
        assert network(input_ids=text[:, :-1]).last_hidden_state.isfinite().all()
        with pytest.raises((IndexError, RuntimeError)):
            network(input_ids=text)


def test_rotary_positions_have_no_place_for_padding():
    config = AutoConfig.for_model("esm", **SIZES, position_embedding_type="rotary")
    assert context_length(config) == 34
