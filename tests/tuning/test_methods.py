"""Every method trains exactly the parameters that its source says, and no others."""

import pytest
import torch
from starts import examples_of, start_for

from pipeline.tuning.forms import form_of
from pipeline.tuning.forms.prepare import prepare
from pipeline.tuning.methods import METHODS

LENGTH, RANK, WIDTH = 6, 8, 8  # of prompts, of LoRA, of adapters
BASES = [  # base, form of task, width d, layers L, parameters of the head
    ("tiny-gpt2", "generation", 128, 4, 0),
    ("tiny-gpt2", "classification", 128, 4, 3 * 128),
    ("tiny-bert", "classification", 64, 3, (64 * 64 + 64) + (3 * 64 + 3)),  # its pooler is new
    ("tiny-bert", "tagging", 64, 3, 2 * 64 + 2),
    ("tiny-bert", "spans", 64, 3, 2 * 64 + 2),
    ("tiny-bert", "spans-or-none", 64, 3, 2 * 64 + 2),
    ("tiny-vit", "picture", 128, 4, 3 * 128 + 3),
]
NORMS = {base: (2 * n_layers + 1) * 2 * d for base, _, d, n_layers, _ in BASES}
BIASES = {"tiny-gpt2": 11 * 4 * 128 + 128, "tiny-bert": 11 * 3 * 64 + 64}
BIASES["tiny-vit"] = BIASES["tiny-gpt2"] + 128  # one more in the embedding of patches
TRAINED = {  # without the head
    "base": None,
    "untrained": None,
    "random-prompt": None,
    "full": "all",
    "prompt-full": "all",
    "probe": lambda base, d, n_layers: 0,
    "prompt": lambda base, d, n_layers: d * LENGTH,
    "prefix": lambda base, d, n_layers: 2 * n_layers * d * LENGTH,
    "vpt-shallow": lambda base, d, n_layers: d * LENGTH,
    "vpt-deep": lambda base, d, n_layers: n_layers * d * LENGTH,
    # queries and values of a BERT, queries, keys and values in one matrix of the others
    "lora": lambda base, d, n_layers: n_layers * RANK * 4 * d,
    # keys and values (GPT-2: queries too), what enters the MLP's end (BERT: also the attention's)
    "ia3": lambda base, d, n_layers: n_layers * 7 * d,
    "adapter": lambda base, d, n_layers: 2 * n_layers * (2 * d * WIDTH + WIDTH + d) + NORMS[base],
    "bitfit": lambda base, d, n_layers: BIASES[base],
}
CASES = [
    pytest.param(name, *case, id=f"{name}-{case[0]}-{case[1]}")
    for name, method in METHODS.items()
    for case in BASES
    if not method.interpolates
    and ("image" if case[1] == "picture" else "text") in method.storage
    and ("classification" if case[1] == "picture" else case[1]) in method.forms
]


def stored_of(name, form):
    if (name, form) == ("base", "generation"):
        return "nothing"
    return "whole" if name in ("full", "prompt-full", "untrained") else "part"


@pytest.mark.parametrize(("name", "base", "form", "width", "layers", "head"), CASES)
def test_a_step_moves_what_the_source_trains_and_nothing_else(
    name, base, form, width, layers, head
):
    torch.manual_seed(0)
    model = METHODS[name].adapt(start_for(name, base, form, LENGTH))
    network, card = model.network, model.card
    assert card.storage == stored_of(name, form)
    assert card.prompt_length == (LENGTH if METHODS[name].has_prompt else 0)
    assert card.adapter_width == (WIDTH if name == "adapter" else 0)
    trained = {key: p for key, p in network.named_parameters() if p.requires_grad}
    count = sum(p.numel() for p in trained.values())
    expected = TRAINED[name]
    if expected is None:
        assert (count, METHODS[name].recipes) == (0, {})
        return
    if expected == "all":
        assert count == sum(p.numel() for p in network.parameters())
    else:
        assert count == expected(base, width, layers) + head
    before = {key: p.detach().clone() for key, p in network.named_parameters()}
    items, collate = prepare(model, examples_of(form))
    form_of(card).loss(network, collate([items[n] for n in range(6)])).backward()
    torch.optim.AdamW(trained.values(), 1e-2).step()
    moved = {key for key, p in network.named_parameters() if not torch.equal(p, before[key])}
    still = {key for key in trained if "qa_outputs" in key and "bias" in key}
    assert moved | still == set(trained)  # a bias alike for all tokens moves no start and no end


def test_every_method_says_where_it_is_described():
    for name, method in METHODS.items():
        assert method.name == name
        assert method.summary
        assert method.source
        assert set(method.recipes) in (set(), set(method.storage))


def test_methods_that_train_prompts_only_train_no_weight_of_the_base():
    prompts = {name for name, method in METHODS.items() if method.trains_prompts_only}
    assert prompts == {"prompt", "prefix", "vpt-shallow", "vpt-deep"}
    assert all(METHODS[name].has_prompt and "whole" not in METHODS[name].storage.values()
               for name in prompts)  # fmt: skip
