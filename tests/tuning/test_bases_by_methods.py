"""Every architecture with every method: refused by name, or tuned, stored, and back as it was."""

import numpy as np
import pytest
import torch
from architectures import DECODERS, ENCODERS, PAIRS
from starts import SENTENCES, examples_of, start_for
from test_method_round_trips import items_of

from pipeline.errors import TuningError
from pipeline.models.saving import save_tuned
from pipeline.models.travelling.loading import load_tuned
from pipeline.tuning.forms import form_of
from pipeline.tuning.forms.prepare import prepare
from pipeline.tuning.methods import METHODS

TEXT_METHODS = [name for name, m in METHODS.items() if "text" in m.storage and not m.interpolates]
#: Where they cannot be told from what a method leaves out: their prompt enters at every step.
NO_PROMPT = ("mamba",)
OWN_FORM = {
    **dict.fromkeys((*DECODERS, *PAIRS), "generation"),
    **dict.fromkeys(ENCODERS, "classification"),
}
FAST = [
    (base, form, method) for base, form in OWN_FORM.items() for method in ("full", "prompt", "lora")
]
OTHERS = [
    (base, form, method)
    for base in OWN_FORM
    for form in ("generation", "classification", "tagging", "spans")
    for method in TEXT_METHODS
    if (base, form, method) not in FAST
]


def adapted_or_refused(start, method):
    """Adapt; give nothing where the method refuses, which names the base or the form of task."""
    torch.manual_seed(0)
    try:
        return METHODS[method].adapt(start)
    except TuningError as refusal:
        message = str(refusal)
    if start.card.base not in message and "task of" not in message:
        pytest.fail(f"a refusal that names neither base nor task: {message}")
    return None


def step(model, form):
    """Take one step, and say by how much the states of texts and the loss changed."""
    trained = [p for p in model.network.parameters() if p.requires_grad]
    items, collate = prepare(model, examples_of(form))
    batch = collate([items[n] for n in range(6)])
    before = model.features(SENTENCES)
    loss = form_of(model.card).loss(model.network, batch)
    loss.backward()
    torch.optim.AdamW(trained, 0.1).step()
    with torch.no_grad():
        moved = form_of(model.card).loss(model.network, batch)
    return np.abs(model.features(SENTENCES) - before).max(), float(moved - loss.detach())


def check(architecture, base, form, method, folder):
    start = start_for(method, base, form, folder=architecture(base))
    model = adapted_or_refused(start, method)
    if model is None:
        return
    assert {p.dtype for p in model.network.parameters()} == {torch.float32}
    if METHODS[method].recipes:
        states, loss = step(model, form)
        assert np.isfinite(loss)
        assert loss != 0
        assert (states > 0) == (method != "probe")
    METHODS[method].finish(model)
    save_tuned(model, folder)
    again = load_tuned(folder, lambda: architecture(base))
    states = model.features(SENTENCES)
    np.testing.assert_allclose(
        again.features(SENTENCES), states, rtol=1e-4, atol=1e-5 * np.abs(states).max()
    )
    items = items_of(form)
    assert again.perform(items) == model.perform(items)


@pytest.mark.parametrize(("base", "form", "method"), FAST)
def test_a_base_is_tuned_stored_and_back_or_refused(architecture, base, form, method, tmp_path):
    check(architecture, base, form, method, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("base", "form", "method"), OTHERS)
def test_every_form_is_tuned_stored_and_back_or_refused(architecture, base, form, method, tmp_path):
    check(architecture, base, form, method, tmp_path)


@pytest.mark.parametrize("base", sorted({*DECODERS, *ENCODERS, *PAIRS} - set(NO_PROMPT)))
def test_a_prompt_and_lora_are_for_every_base_that_attends(architecture, base):
    start = start_for("prompt", base, OWN_FORM[base], folder=architecture(base))
    assert METHODS["prompt"].adapt(start).card.prompt_length == 6


def test_a_prompt_that_would_enter_at_every_step_of_writing_is_refused(architecture):
    start = start_for("prompt", "mamba", "generation", folder=architecture("mamba"))
    with pytest.raises(TuningError, match="mamba, of type mamba, that writes otherwise than it"):
        METHODS["prompt"].adapt(start)


def test_an_insertion_that_reaches_nothing_is_refused(architecture, monkeypatch):
    from pipeline.models.travelling import insertions

    def forget(network, card):
        network.prompt = torch.nn.Parameter(torch.zeros(card.prompt_length, 32))
        return network

    monkeypatch.setitem(insertions.INSERTIONS, "prompt", forget)
    start = start_for(
        "prompt", "gpt2", "generation", folder=architecture("gpt2"), prompt_init="random"
    )
    with pytest.raises(TuningError, match="whose output is the same whatever is put in"):
        METHODS["prompt"].adapt(start)


def test_the_self_test_leaves_a_network_and_the_random_numbers_as_they_were(architecture):
    from pipeline.tuning.self_test import refuse_unfit

    start = start_for("prompt", "gpt2", "generation", folder=architecture("gpt2"))
    model = METHODS["prompt"].adapt(start)
    before = {name: p.detach().clone() for name, p in model.network.named_parameters()}
    torch.manual_seed(3)
    refuse_unfit(model)
    drawn = torch.rand(4)
    torch.manual_seed(3)
    assert torch.equal(drawn, torch.rand(4))
    assert all(torch.equal(p, before[name]) for name, p in model.network.named_parameters())
