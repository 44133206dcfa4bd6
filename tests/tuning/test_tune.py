"""Tuning learns, stops early, says when it did not learn, and searches fairly."""

import gc
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch
from few_examples import few_examples

from entrypoints.options import options_of
from pipeline.config import TuneConfig, load_config
from pipeline.data import TASKS
from pipeline.data.forms.classification import LabelledTexts
from pipeline.data.forms.generation import TextPairs
from pipeline.data.task import TaskData
from pipeline.errors import BaseUnreachableError, TuningError
from pipeline.models.bases import BASES
from pipeline.tracking.catalogue import catalogue
from pipeline.tuning.methods import METHODS
from pipeline.tuning.recipe import Recipe
from pipeline.tuning.recorder import DoneElsewhereError
from pipeline.tuning.session import Session
from pipeline.tuning.training.schedule import Training
from pipeline.tuning.tune import tune


class Notes:
    """A recorder that keeps what it is told."""

    def __init__(self):
        self.losses = []
        self.settings = []
        self.trials = []
        self.outcomes = []

    def settled(self, recipe, choice):
        self.settings.append((recipe, choice))

    def progress(self, step, metrics):
        self.losses.append((step, dict(metrics)))

    @contextmanager
    def trial(self, number, choice):
        self.trials.append((number, choice))
        yield self

    def outcome(self, outcome):
        self.outcomes.append(outcome.kind)


def run(notes, **settings):
    config = TuneConfig.model_validate(
        {"max_train": 48, "max_eval": 24, "batch_size": 8, "eval_every": 10, **settings}
    )
    task, base = TASKS[config.task], BASES[config.base]
    data = task.load(few_examples(config.max_train, config.max_eval, config.seed))
    return tune(Session(config, base, base.folder(), task, data, METHODS[config.method]), notes)


@pytest.fixture(scope="module")
def vision():
    notes = Notes()
    settings = {"base": "tiny-vit", "task": "digits", "method": "vpt-shallow"}
    enough = {"max_train": 200, "max_steps": 30, "batch_size": 16}
    return notes, run(notes, **settings, **enough, learning_rate=0.1)


def test_losses_are_reported_while_training(vision):
    notes, tuned = vision
    validations = [(s, m["loss/validation"]) for s, m in notes.losses if "loss/validation" in m]
    assert [step for step, _ in validations] == [10, 20, 30]
    assert tuned.training.validation_loss == pytest.approx(min(v for _, v in validations))
    assert any("loss/train" in metrics for _, metrics in notes.losses)


def test_a_method_needs_a_line_in_the_registry_and_nothing_else(monkeypatch):
    monkeypatch.setitem(METHODS, "toy", replace(METHODS["probe"], name="toy"))
    few = {"max_steps": 1, "max_train": 20, "max_eval": 10}
    settings = {"base": "tiny-vit", "task": "digits", "method": "toy", **few}
    config = load_config(TuneConfig, settings, catalogue())
    assert run(Notes(), **config.model_dump()).model.card.method == "toy"
    assert "toy" in options_of(TuneConfig, catalogue()).format_help()


def test_garbage_is_not_looked_for_among_libraries_once_there_was_a_training(vision):
    aside = gc.get_freeze_count()
    assert aside > 100_000
    settings = {"base": "tiny-vit", "task": "digits", "method": "probe", "max_steps": 1}
    run(Notes(), **settings, max_train=20, max_eval=10)
    assert gc.get_freeze_count() == aside


def test_a_few_steps_are_enough_to_learn_digits(vision):
    _, tuned = vision
    assert set(tuned.test) == {"accuracy"}
    assert tuned.test["accuracy"].mean > 0.6  # of ten classes


def test_the_same_seed_gives_the_same_model():
    settings = {"base": "tiny-vit", "task": "digits", "method": "vpt-shallow"}
    one, again, other = (
        run(Notes(), **settings, seed=seed, learning_rate=0.1, max_steps=2).model.network.prompt
        for seed in (0, 0, 1)
    )
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("method", ["untrained", "random-prompt"])
def test_a_control_is_drawn_from_its_seed_and_compared_with_the_base(method):
    few = {"max_train": 24, "max_eval": 40}
    settings = {"base": "tiny-vit", "task": "digits", "method": method, **few}
    torch.manual_seed(5)
    first = run(Notes(), **settings).model.network.state_dict()
    again = run(Notes(), **settings)
    drawn = again.model.network.state_dict()
    assert all(torch.equal(first[name], drawn[name]) for name in first)
    other = run(Notes(), **settings, seed=1).model.network.state_dict()
    name = "prompt" if method == "random-prompt" else "blocks.0.attn.qkv.weight"
    assert not torch.equal(other[name], drawn[name])
    base = run(Notes(), **{**settings, "method": "base"})
    assert again.base_test["accuracy"].mean == base.test["accuracy"].mean
    assert again.base_test["accuracy"].mean != again.test["accuracy"].mean
    assert again.beats_base is None


def test_a_model_that_names_one_class_beats_its_base_but_not_the_constant_answer(monkeypatch):
    """Twice as many of one class, and nothing to tell them by: F1 of naming that one is .81."""
    labels = np.array([1] * 68 + [0] * 32)
    texts = LabelledTexts((("the baker kneads .", "the sailor reads ."),) * 100, labels)
    data = TaskData(texts, texts, texts, "alike", TASKS["mrpc"].classes)
    monkeypatch.setitem(TASKS, "mrpc", replace(TASKS["mrpc"], load=lambda _: data))
    settings = {"base": "tiny-gpt2", "task": "mrpc", "method": "full", "learning_rate": 1e-3}
    tuned = run(Notes(), **settings, max_steps=10, eval_every=5, batch_size=16)
    assert tuned.beats_base
    assert tuned.test["f1"].mean == tuned.constant_test["f1"].mean == pytest.approx(136 / 168)
    assert tuned.beats_constant is False


def test_a_prompt_that_did_not_learn_does_not_beat_its_base():
    settings = {"base": "tiny-vit", "task": "digits", "method": "vpt-shallow"}
    tuned = run(Notes(), **settings, learning_rate=1e-12, max_steps=2)
    assert tuned.test["accuracy"].mean < tuned.base_test["accuracy"].mean
    assert tuned.beats_base is False
    assert tuned.training.stopped == "budget"


def test_training_stops_when_validation_no_longer_improves():
    settings = {"base": "tiny-vit", "task": "digits", "method": "full"}
    tuned = run(Notes(), **settings, learning_rate=1e-12, max_steps=60, eval_every=1, patience=2)
    assert tuned.training.steps < 60
    assert tuned.training.stopped == "patience"


@pytest.mark.parametrize(("losses", "stopped", "slope"), [
    ([3.0, 2.0, 1.5, 1.0], "budget", -5.0),
    ([1.0, 1.5], "budget", 5.0),
    ([2.0, 1.0, 1.1, 1.0], "patience", 0.0),
    ([1.0], "budget", np.nan),
])  # fmt: skip
def test_a_training_says_what_ended_it_and_how_its_loss_still_changed(losses, stopped, slope):
    validations = tuple((10 * n, loss) for n, loss in enumerate(losses, start=1))
    training = Training(10 * len(losses), min(losses), validations, patience=2)
    assert training.stopped == stopped
    assert training.slope == pytest.approx(slope, nan_ok=True)


def test_a_loss_that_is_not_finite_is_refused():
    settings = {"base": "tiny-vit", "task": "digits", "method": "full"}
    with pytest.raises(TuningError, match=r"expected a finite number.*Lower learning_rate"):
        run(Notes(), **settings, learning_rate=1e30, max_steps=10, eval_every=5)


@pytest.mark.parametrize("method", ["full", "vpt-shallow"])
def test_every_method_gets_the_same_number_of_trials(method):
    notes = Notes()
    settings = {"base": "tiny-vit", "task": "digits", "method": method, "prompt_length": 3}
    tuned = run(notes, **settings, trials=2, trial_steps=2, max_steps=2, eval_every=2)
    assert [number for number, _ in notes.trials] == [0, 1]
    assert tuned.choice.searched_steps == 2 * 2
    assert replace(tuned.choice, searched_steps=0) in [choice for _, choice in notes.trials]
    lengths = [choice.prompt_length for _, choice in notes.trials]
    assert all(1 <= n <= 6 for n in lengths) if method == "vpt-shallow" else lengths == [0, 0]


def test_a_trial_is_the_beginning_of_the_training_that_follows():
    """Same rates, same batches: its losses are those that the training has at these steps."""
    notes = Notes()
    settings = {"base": "tiny-vit", "task": "digits", "method": "full", "pruning": "none"}
    run(notes, **settings, trials=1, trial_steps=8, max_steps=12, eval_every=2, max_eval=8)
    steps = [step for step, metrics in notes.losses if "loss/validation" in metrics]
    assert steps == [2, 4, 6, 8, 2, 4, 6, 8, 10, 12]
    losses = [m["loss/validation"] for _, m in notes.losses if "loss/validation" in m]
    assert losses[:4] == pytest.approx(losses[4:8], rel=1e-6)


def test_a_trial_is_validated_four_times_however_seldom_the_training_is():
    notes = Notes()
    settings = {"base": "tiny-vit", "task": "digits", "method": "full", "pruning": "none"}
    run(notes, **settings, trials=1, trial_steps=8, max_steps=8, eval_every=50, max_eval=8)
    steps = [step for step, metrics in notes.losses if "loss/validation" in metrics]
    assert steps == [2, 4, 6, 8, 8]


def test_trials_that_end_within_the_warm_up_are_refused():
    settings = {"base": "tiny-vit", "task": "digits", "method": "vpt-shallow", "trials": 8}
    message = r"trial_steps: expected at least 600, twice the warm-up of 3000 steps; found 200"
    with pytest.raises(TuningError, match=message):
        run(Notes(), **settings, trial_steps=200, max_steps=3000)


def test_a_trial_that_diverges_is_recorded_as_such_and_not_chosen():
    notes = Notes()
    settings = {"base": "tiny-vit", "task": "digits", "method": "full", "max_steps": 2}
    huge = replace(METHODS["full"], recipes={"image": Recipe(1e30, 1e29, 1e30)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(METHODS, "full", huge)
        with pytest.raises(TuningError, match=r"does not diverge; found none in 2 between 1e\+29"):
            run(notes, **settings, trials=2, trial_steps=4, eval_every=2)
    assert notes.outcomes == ["diverged", "diverged"]


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_an_empty_split_is_refused_before_anything_is_trained(split):
    config = TuneConfig(base="tiny-gpt2", task="summarization", method="full")
    task, base = TASKS[config.task], BASES[config.base]
    data = task.load(few_examples(8, 8, 0))
    damaged = replace(data, **{split: TextPairs((), ())})
    with pytest.raises(TuningError, match=rf"task summarization: {split} split: expected at least"):
        tune(Session(config, base, base.folder(), task, damaged, METHODS[config.method]), Notes())


def test_a_prompt_longer_than_the_context_is_refused():
    settings = {"base": "tiny-gpt2", "task": "summarization", "method": "prompt"}
    with pytest.raises(
        TuningError, match=r"prompt_length: expected at most 166, .* context of 192"
    ):
        run(Notes(), **settings, prompt_length=192)


def test_a_search_that_would_try_prompts_longer_than_the_context_is_refused():
    settings = {"base": "tiny-gpt2", "task": "summarization", "method": "prompt", "trials": 2}
    with pytest.raises(TuningError, match=r"prompt_length: .*found 200, .* up to twice 100\. "):
        run(Notes(), **settings, prompt_length=100)


def test_a_method_for_another_modality_is_refused_once_with_everything_else_that_is_wrong():
    task, base = TASKS["digits"], BASES["tiny-vit"]
    config = TuneConfig(base="tiny-vit", task="digits", method="prompt")
    data = task.load(few_examples(20, 20, 0))
    nothing = replace(data.test, images=data.test.images[:0], labels=data.test.labels[:0])
    damaged = replace(data, test=nothing)
    with pytest.raises(TuningError, match=r"2 problems:\n  1. method 'prompt'.*\n  2. task digits"):
        tune(Session(config, base, base.folder(), task, damaged, METHODS["prompt"]), Notes())


@pytest.mark.parametrize(("settings", "message"), [
    ({"bertscore_layers": 99}, r"bertscore_layers: expected no more layers than 'tiny-bert' has"),
    ({"bertscore_model": "no/such-model"}, r"bertscore_model: .*'no/such-model', the hub out"),
])  # fmt: skip
def test_a_bertscore_that_cannot_be_computed_is_refused_before_training(settings, message):
    notes = Notes()
    with pytest.raises((BaseUnreachableError, TuningError), match=message):
        run(notes, base="tiny-gpt2", task="summarization", method="prompt", **settings)
    assert not notes.losses


def test_what_the_first_process_finds_done_ends_all_of_them(monkeypatch):
    """As in a process that is not the first: it claims nothing, and is told of the other's run."""
    monkeypatch.setattr(
        "pipeline.tuning.tune.agree", lambda value: "a-run" if value is None else value
    )
    notes = Notes()
    with pytest.raises(DoneElsewhereError, match="a-run"):
        run(notes, base="tiny-vit", task="digits", method="full", max_steps=2)
    assert not notes.losses
