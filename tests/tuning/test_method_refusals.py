"""A base that a method cannot adapt is refused by name, with what would do, before it is read."""

import json
import shutil
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file
from starts import CLASSES, SENTENCES, examples_of, start_for

from pipeline.config import TuneConfig
from pipeline.data import TASKS
from pipeline.data.task import TaskData
from pipeline.errors import TuningError
from pipeline.models.bases import BASES, PRETRAINED
from pipeline.tuning.methods import METHODS
from pipeline.tuning.session import Session
from pipeline.tuning.tune import score_untuned

T5 = {"model_type": "t5", "is_encoder_decoder": True, "d_model": 8, "num_layers": 1, "d_ff": 8,
      "d_kv": 4, "num_heads": 2, "vocab_size": 9, "n_positions": 512}  # fmt: skip
OTHER = {"model_type": "canine", "max_position_embeddings": 512}


@pytest.fixture
def configured(tmp_path):
    """A base of which there is a configuration and nothing else."""

    def make(config):
        (tmp_path / "config.json").write_text(json.dumps(config))
        return tmp_path

    return make


@pytest.mark.parametrize(("method", "config", "message"), [
    ("prefix", OTHER, r"prefix.*of type gpt2, .*of type canine.*another method"),
    ("bitfit", T5, r"bitfit.*a base with biases; found some-base, of type t5.*another method"),
    ("adapter", OTHER, r"adapter.*of type canine.*another method"),
    ("ia3", OTHER, r"ia3.*of type .*gpt2, .*of type canine.*another method"),
])  # fmt: skip
def test_a_base_that_lacks_what_a_method_needs_is_refused(configured, method, config, message):
    start = start_for(method, "some-base", "generation", folder=configured(config))
    with pytest.raises(TuningError, match=message):
        METHODS[method].adapt(start)


@pytest.mark.parametrize("method", ["vpt-shallow", "vpt-deep"])
def test_prompts_among_patches_are_refused_for_texts(method):
    with pytest.raises(TuningError, match=rf"'{method}': expected a base for image; found.*text"):
        METHODS[method].adapt(start_for(method, "tiny-bert", "classification"))


@pytest.mark.parametrize("method", ["prompt", "prefix", "ia3", "prompt-full"])
def test_methods_for_texts_are_refused_for_pictures(method):
    with pytest.raises(TuningError, match=rf"'{method}': expected a base for text; found.*image"):
        METHODS[method].adapt(start_for(method, "tiny-vit", "picture"))


def test_a_probe_is_refused_where_there_is_no_head():
    with pytest.raises(
        TuningError, match=r"'probe': expected a task of classification.*generation"
    ):
        METHODS["probe"].adapt(start_for("probe", "tiny-gpt2", "generation"))


@pytest.mark.parametrize("method", ["prompt", "prefix", "prompt-full", "random-prompt"])
def test_a_prompt_that_leaves_no_room_for_text_is_refused(method):
    start = start_for(method, "tiny-gpt2", "generation", length=188)
    with pytest.raises(TuningError, match=r"expected at most 184.*context of 192.*found 188"):
        METHODS[method].adapt(start)
    METHODS[method].check(start_for(method, "tiny-gpt2", "generation", length=184))


def writing_at_most(method, base, n_tokens, **made):
    start = start_for(method, base, "generation", **made)
    return replace(start, card=replace(start.card, max_target_tokens=n_tokens))


@pytest.mark.parametrize("method", ["base", "untrained", "full", "lora", "prompt", "prefix"])
def test_a_base_too_short_for_the_answers_of_a_task_is_named_for_every_method(method):
    message = r"base: expected a context that holds answers of 189 .*; found one of 192 tokens"
    with pytest.raises(TuningError, match=message):
        METHODS[method].adapt(writing_at_most(method, "tiny-gpt2", 189, length=10))


def test_the_longest_answer_that_fits_is_written():
    model = METHODS["base"].adapt(writing_at_most("base", "tiny-gpt2", 188))
    end = model.tokenizer.eos_token_id
    model.network.lm_head.register_forward_hook(
        lambda _, __, logits: logits.index_fill(-1, torch.tensor([end]), -torch.inf)
    )
    assert all(model.perform(SENTENCES))


def test_an_encoder_decoder_has_a_context_for_answers_alone(architecture):
    folder = architecture("bart")
    METHODS["base"].check(writing_at_most("base", "bart", 64, folder=folder))
    with pytest.raises(TuningError, match=r"answers of 65 tokens.*found one of 64 tokens"):
        METHODS["base"].check(writing_at_most("base", "bart", 65, folder=folder))


@pytest.mark.parametrize("settings", [
    {"prompt_init": "text"}, {"prompt_init": "random", "prompt_text": "the baker"}
])  # fmt: skip
def test_a_text_to_start_from_comes_with_its_setting(settings):
    with pytest.raises(TuningError, match=r"prompt_text: expected a text if prompt_init=text"):
        METHODS["prompt"].check(start_for("prompt", "tiny-gpt2", "generation", **settings))


def is_accepted(method, start):
    try:
        method.adapt(start)
    except TuningError:
        return False
    return True


def session_for(base, method, form, folder):
    task = next(task for task in TASKS.values() if task.form == form and task.modality == "text")
    examples = examples_of(form)
    data = TaskData(examples, examples, examples, "here", CLASSES[form])
    config = TuneConfig(task=task.name, method=method)
    return Session(config, BASES[base], folder, task, data, METHODS[method])


@pytest.mark.parametrize(("base", "method"), [
    ("bloom", "prefix"), ("deberta-v2", "prefix"), ("mamba", "prefix"),
])  # fmt: skip
def test_a_refusal_advises_what_this_base_accepts_and_nothing_else(architecture, base, method):
    form = "classification" if base == "deberta-v2" else "generation"
    folder = architecture(base)
    (problem,) = session_for("tiny-gpt2", method, form, folder).problems()
    advised = problem.remedy.removeprefix("Choose another base or task, or for this one ")
    names = advised.rstrip(".").split(", ")
    assert "full" in names
    assert method not in names
    trained = [name for name, m in METHODS.items() if m.recipes and not m.interpolates]
    for name in trained:
        start = start_for(name, base, form, length=1, folder=folder)
        assert (name in names) == is_accepted(METHODS[name], start), name


def test_what_the_network_itself_shows_is_refused_with_what_it_accepts(architecture):
    session = session_for("tiny-gpt2", "prompt", "generation", architecture("mamba"))
    with pytest.raises(TuningError, match=r"writes otherwise .* this one full, lora, bitfit\.$"):
        session.adapted(session.method, 3)


def test_a_base_that_cannot_be_scored_untuned_is_refused_by_the_method_that_was_asked(tmp_path):
    folder = tmp_path / "base"
    shutil.copytree(PRETRAINED / "tiny-gpt2", folder)
    weights = load_file(folder / "model.safetensors")
    weights["transformer.ln_f.weight"] *= torch.nan
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    message = r"^method 'lora': expected .* untuned .*; found .* not all finite numbers\. Choose an"
    with pytest.raises(TuningError, match=message):
        score_untuned(session_for("tiny-gpt2", "lora", "generation", folder))
