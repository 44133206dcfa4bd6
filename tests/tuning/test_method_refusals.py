"""A base that a method cannot adapt is refused by name, with what would do, before it is read."""

import json
from dataclasses import replace

import pytest
from starts import CLASSES, examples_of, start_for

from pipeline.config import TuneConfig
from pipeline.data import TASKS
from pipeline.data.task import TaskData
from pipeline.errors import TuningError
from pipeline.models.bases import BASES
from pipeline.tuning.methods import METHODS
from pipeline.tuning.session import Session

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


def test_a_base_too_short_for_the_answers_of_a_task_is_named_and_not_the_prompt():
    start = start_for("prompt", "tiny-gpt2", "generation", length=10)
    start = replace(start, card=replace(start.card, max_target_tokens=256))
    with pytest.raises(TuningError, match=r"base: expected a context that holds answers of 256"):
        METHODS["prompt"].adapt(start)


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


@pytest.mark.parametrize(("base", "method"), [
    ("bloom", "prefix"), ("deberta-v2", "prefix"), ("mamba", "prefix"),
])  # fmt: skip
def test_a_refusal_advises_what_this_base_accepts_and_nothing_else(architecture, base, method):
    form = "classification" if base == "deberta-v2" else "generation"
    task = next(task for task in TASKS.values() if task.form == form and task.modality == "text")
    config = TuneConfig(task=task.name, method=method)
    folder = architecture(base)
    examples = examples_of(form)
    data = TaskData(examples, examples, examples, "here", CLASSES[form])
    session = Session(config, BASES["tiny-gpt2"], folder, task, data, METHODS[method])
    (problem,) = session.problems()
    advised = problem.remedy.removeprefix("Choose another base or task, or for this one ")
    names = advised.rstrip(".").split(", ")
    assert "full" in names
    assert method not in names
    trained = [name for name, m in METHODS.items() if m.recipes and not m.interpolates]
    for name in trained:
        start = start_for(name, base, form, length=1, folder=folder)
        assert (name in names) == is_accepted(METHODS[name], start), name
