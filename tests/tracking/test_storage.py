"""A version holds what its method adds to a base, and the base lies in the store once."""

from itertools import product

import pytest

from pipeline.tracking.runs import find_runs
from pipeline.tracking.stages.tune.stage import run_tune

METHODS = ("base", "random-prompt", "prompt", "prefix", "lora", "ia3", "adapter", "bitfit", "full",
           "prompt-full")  # fmt: skip
TASKS = ("summarization", "translation", "question-answering")
FLOAT, BESIDE = 4, 200_000  # bytes of a parameter, and of card and code that travel with it


@pytest.mark.slow
def test_ten_methods_on_three_tasks_hold_their_base_once(store, config_of):
    settings = {"max_train": 8, "max_eval": 4, "max_steps": 2, "eval_every": 1}
    for task, method in product(TASKS, METHODS):
        tags = run_tune(config_of("tiny-gpt2", task, method, **settings)).tags
        most = FLOAT * int(tags["trainable_parameters"]) + BESIDE
        assert int(tags["bytes_stored"]) < most, (task, method)
    assert len(find_runs("tags.stage = 'base' and tags.base = 'tiny-gpt2'")) == 1
