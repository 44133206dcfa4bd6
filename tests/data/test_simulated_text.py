"""The simulated text tasks: disjoint splits, right sizes, the same examples for the same seed."""

import pytest
from few_examples import few_examples

from pipeline.data.simulated_text import SIMULATED_TEXT_TASKS, split_passages
from pipeline.errors import ConfigError
from pipeline.worlds.language import translate

REQUEST = few_examples(max_train=120, max_eval=40, seed=5)
tasks = pytest.mark.parametrize("task", SIMULATED_TEXT_TASKS, ids=lambda task: task.name)


def test_the_three_tasks_share_one_cue():
    names = {task.name for task in SIMULATED_TEXT_TASKS}
    assert names == {"summarization", "question-answering", "translation"}
    assert {task.cue for task in SIMULATED_TEXT_TASKS} == {" =>"}


@tasks
def test_splits_have_the_sizes_asked_for(task):
    data = task.load(REQUEST)
    assert (len(data.train), len(data.validation), len(data.test)) == (120, 40, 40)
    assert "simulated" in data.source


@tasks
def test_no_source_occurs_twice_within_or_across_splits(task):
    data = task.load(REQUEST)
    sources = data.train.sources + data.validation.sources + data.test.sources
    assert len(set(sources)) == len(sources)


def test_no_sentence_occurs_in_two_splits():
    splits = split_passages(REQUEST)
    texts = [s.text for passages in splits.values() for p in passages for s in p.sentences]
    assert len(set(texts)) == len(texts)


@tasks
def test_the_same_seed_gives_the_same_digest_and_another_seed_another(task):
    other = few_examples(max_train=120, max_eval=40, seed=6)
    assert task.load(REQUEST).digest == task.load(REQUEST).digest
    assert task.load(REQUEST).digest != task.load(other).digest


@tasks
def test_training_on_more_does_not_change_the_test_split(task):
    more = few_examples(max_train=200, max_eval=40, seed=5)
    assert task.load(more).test.digest == task.load(REQUEST).test.digest
    assert task.load(more).validation.digest == task.load(REQUEST).validation.digest


@tasks
def test_a_few_shots_are_that_many_examples_in_all(task):
    few = task.load(few_examples(max_train=120, max_eval=40, seed=5, shots=8))
    assert (len(few.train), len(few.test)) == (8, 40)
    assert few.test.digest == task.load(REQUEST).test.digest


def test_answers_occur_in_their_source():
    (task,) = [t for t in SIMULATED_TEXT_TASKS if t.name == "question-answering"]
    data = task.load(REQUEST).test
    for source, target in zip(data.sources, data.targets, strict=True):
        assert source.endswith(" ?")
        assert target.split()[-1] in source.split()


def test_targets_of_translation_are_translations():
    (task,) = [t for t in SIMULATED_TEXT_TASKS if t.name == "translation"]
    data = task.load(REQUEST).test
    assert data.targets == tuple(translate(source) for source in data.sources)


@tasks
@pytest.mark.parametrize("field", ["max_train", "max_eval", "shots"])
def test_more_examples_than_are_ever_simulated_are_refused_by_field(task, field):
    with pytest.raises(ConfigError, match=f"{field}: expected at most 100,000 .*found 10,000,000"):
        task.load(few_examples(**{"max_train": 4, "max_eval": 4, field: 10_000_000}))
