"""A training leaves its states on the way, each as the training was at that step."""

import pytest
import torch
from few_examples import few_examples

from pipeline.config import TuneConfig
from pipeline.data import TASKS
from pipeline.models.bases import BASES
from pipeline.tuning.methods import METHODS
from pipeline.tuning.search.choices import Choice
from pipeline.tuning.session import Session
from pipeline.tuning.training.loop import train
from pipeline.tuning.training.schedule import Schedule
from pipeline.tuning.training.states import log_spaced, states_in
from pipeline.tuning.tune import on_the_way

CHOICE = Choice(1e-2, 4)


def ignore(step, losses):
    pass


@pytest.mark.parametrize(
    ("count", "last", "steps"),
    [
        (0, 60, ()),
        (1, 60, (60,)),
        (4, 8, (1, 2, 4, 8)),
        (3, 10_000, (1, 100, 10_000)),
        (9, 3, (1, 2, 3)),  # no step twice
    ],
)
def test_steps_grow_by_a_constant_factor_and_end_with_the_training(count, last, steps):
    assert log_spaced(count, last) == steps


@pytest.fixture(scope="module")
def session():
    config = TuneConfig.model_validate(
        {"base": "tiny-vit", "task": "digits", "method": "vpt-shallow", "prompt_length": 4,
         "batch_size": 4, "max_steps": 8, "eval_every": 4, "checkpoints": 4}
    )  # fmt: skip
    task, base = TASKS["digits"], BASES["tiny-vit"]
    data = task.load(few_examples(32, 8, 0))
    return Session(config, base, base.folder(), task, data, METHODS["vpt-shallow"])


@pytest.fixture(scope="module")
def states(session, tmp_path_factory):
    folder = tmp_path_factory.mktemp("training")
    session.run(CHOICE, ignore, folder / "checkpoints", folder / "states")
    return folder / "states"


def trained(model):
    return {n: p.detach() for n, p in model.network.named_parameters() if p.requires_grad}


@pytest.mark.parametrize("step", [1, 4])
def test_a_state_is_that_of_a_training_which_ends_there(session, states, step):
    assert list(states_in(states)) == [1, 2, 4, 8]
    schedule = Schedule(session.recipe, CHOICE.learning_rate, 8, session.config, trial_steps=step)
    ended = session.adapted(session.method, CHOICE.prompt_length)
    train(ended, session.data.train, session.data.validation, schedule, ignore)
    expected, on_its_way = (
        trained(ended),
        trained(session.model_at(states_in(states)[step], CHOICE)),
    )
    assert expected.keys() == on_its_way.keys()
    for name, value in expected.items():
        assert torch.equal(value, on_its_way[name]), name


def test_models_on_the_way_are_scored_on_the_validation_split_in_order(session, states):
    points = list(on_the_way(session, CHOICE, states))
    assert [point.step for point in points] == [1, 2, 4, 8]
    n_examples = {len(point.validation["accuracy"].statistics) for point in points}
    assert n_examples == {len(session.data.validation)}
