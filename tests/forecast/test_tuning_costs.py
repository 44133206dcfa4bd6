"""Costs of tuning follow from sizes: what is published, what grows with what, and what fits."""

from dataclasses import replace

import pytest
from machines import QUICK

from pipeline.config import TuneConfig
from pipeline.forecast.facts import TaskFacts
from pipeline.forecast.known_sizes import NETWORKS
from pipeline.forecast.parameters import trained_parameters
from pipeline.forecast.run_cost import Cost, total
from pipeline.forecast.tuning import BESIDE_WEIGHTS, tune_cost

GPT2 = NETWORKS["openai-community/gpt2"]
TASK = TaskFacts(20_000, 500, 500, 200.0, 30.0, 48, 0, similarity=False)


def config_of(method, **settings):
    return TuneConfig.model_validate({"task": "translation", "method": method, **settings})


def cost_of(method, storage="part", task=TASK, **settings):
    return tune_cost(config_of(method, **settings), GPT2, task, None, QUICK, storage)


@pytest.mark.parametrize(("method", "published"), [
    ("base", 0),
    ("prompt", 20 * 768),
    ("prefix", 20 * 18_432),
    ("lora", 294_912),
    ("bitfit", 102_144),
    ("adapter", 24 * (2 * 768 * 64 + 64 + 768) + 25 * 2 * 768),
    ("full", 124_439_808),
])  # fmt: skip
def test_methods_train_what_is_published_at_the_size_of_gpt2(method, published):
    counted = trained_parameters(GPT2, config_of(method, prompt_length=20), 0)
    assert counted == pytest.approx(published, rel=0.05)


def test_twice_the_steps_take_twice_as_long_to_train():
    one, two, none = (cost_of("full", max_steps=n).seconds for n in (1000, 2000, 1))
    assert two - none == pytest.approx(2 * (one - none), rel=0.02)


def test_a_control_reads_all_examples_for_the_means_of_its_classes():
    few, many = (replace(TASK, n_train=n, outputs=2, longest_target=0) for n in (0, 1000))
    operations = 1000 * 230 * 2 * 85_000_000  # of the blocks alone
    read = cost_of("base", task=many).seconds - cost_of("base", task=few).seconds
    assert read == pytest.approx(operations / QUICK.wide.forward, rel=0.1)
    assert cost_of("full", task=many).seconds == cost_of("full", task=few).seconds


def test_a_training_of_gpt2_takes_as_long_as_its_operations():
    seconds = cost_of("full", max_steps=100, batch_size=32).seconds
    less = cost_of("full", max_steps=50, batch_size=32).seconds
    operations = 50 * 32 * (3 * 230 * 2 * 85_000_000)  # of the blocks alone
    assert operations / QUICK.wide.training < seconds - less < 1.6 * operations / 5e10


def test_frozen_weights_take_less_time_and_memory_than_trained_ones():
    prompt, full = cost_of("prompt"), cost_of("full", "whole")
    assert prompt.seconds < full.seconds
    assert full.memory - prompt.memory == pytest.approx(12 * 124_439_808, rel=0.1)


def test_memory_can_be_lowered_by_the_settings_that_refusals_name():
    usual = cost_of("full")
    assert cost_of("full", gradient_checkpointing=True).memory < usual.memory
    assert cost_of("full", tokens_at_once=512).memory < usual.memory


def test_a_version_takes_its_parameters_and_200_kb():
    assert cost_of("lora").stored == pytest.approx(4 * 294_912 + BESIDE_WEIGHTS, rel=0.05)
    assert cost_of("base", "nothing").stored == BESIDE_WEIGHTS
    assert cost_of("full", "whole").stored == pytest.approx(4 * 124_439_808, rel=0.01)


def test_a_search_takes_its_trials_on_top():
    alone, searched = (cost_of("prompt", max_steps=200, trials=n) for n in (0, 4))
    assert searched.seconds > alone.seconds + 4 * 100 * QUICK.optimiser_step


def test_versions_on_the_way_are_scored_each_and_keep_weights_for_a_while_or_for_good():
    settings = {"max_steps": 1000, "checkpoints": 5}
    alone, five = cost_of("lora", max_steps=1000), cost_of("lora", **settings)
    for_good = cost_of("lora", **settings, weights_on_the_way=True)
    assert for_good.stored == 6 * alone.stored
    assert five.stored == alone.stored + 5 * BESIDE_WEIGHTS
    assert five.stored + five.scratch == for_good.stored + for_good.scratch
    assert five.seconds == for_good.seconds > alone.seconds
    assert cost_of("base", checkpoints=5) == cost_of("base")  # which is not trained


def test_longer_answers_take_longer_to_write():
    longer = replace(TASK, longest_target=96)
    assert cost_of("base", task=longer).seconds > 1.2 * cost_of("base").seconds


def test_the_disk_that_a_study_needs_is_that_of_its_fullest_moment():
    runs = [Cost(1.0, 5.0, 10.0, 1.0), Cost(2.0, 9.0, 4.0, 2.0)]
    assert total(runs) == Cost(3.0, 9.0, 11.0, 3.0)
