"""Recipes reach the optimizer as their sources have them; the settings choose between two."""

from dataclasses import replace

import pytest
import torch
from few_examples import few_examples
from test_tune import Notes, run
from transformers.optimization import Adafactor

from pipeline.config import TuneConfig
from pipeline.data import TASKS
from pipeline.models.bases import BASES
from pipeline.tuning.methods import METHODS
from pipeline.tuning.recipe import Recipe
from pipeline.tuning.session import Session
from pipeline.tuning.training.schedule import Schedule


@pytest.fixture
def trainer(monkeypatch):
    """Give the Trainer of a few steps of a method, and the rate of each step."""
    from pipeline.tuning.training import loop

    made, rates = [], []

    def make(method, base, task, steps=4, **settings):
        class Remembered(loop.Loop):
            def __init__(self, *arguments):
                super().__init__(*arguments)
                made.append(self)

            def training_step(self, *arguments, **named):
                rates.append(self._get_learning_rate())
                return super().training_step(*arguments, **named)

        monkeypatch.setattr(loop, "Loop", Remembered)
        config = TuneConfig(
            base=base, task=task, method=method, batch_size=4, max_steps=steps, **settings
        )
        entry, data = TASKS[task], TASKS[task].load(few_examples(8, 4, 0))
        session = Session(config, BASES[base], BASES[base].folder(), entry, data, METHODS[method])
        notes = Notes()
        session.run(session.choose(notes, None), notes.progress)
        return made[0], rates

    return make


def test_a_prompt_that_starts_from_noise_is_trained_as_by_lester_et_al(trainer):
    made, rates = trainer("prompt", "tiny-gpt2", "summarization", prompt_init="random")
    optimizer = made.optimizer.optimizer  # inside that of accelerate
    assert type(optimizer) is Adafactor
    (group,) = [g for g in optimizer.param_groups if g["params"]]
    assert (group["scale_parameter"], group["relative_step"], group["warmup_init"]) == (False,) * 3
    assert (group["decay_rate"], group["weight_decay"], group["beta1"]) == (-0.8, 1e-5, None)
    assert rates == [0.3] * 4
    assert made.args.max_grad_norm == 0  # Adafactor clips its updates itself


@pytest.mark.parametrize("init", ["vocabulary", "text"])
def test_a_prompt_that_starts_from_words_is_trained_by_adamw(trainer, init):
    text = {"prompt_text": "the baker"} if init == "text" else {}
    made, _ = trainer("prompt", "tiny-gpt2", "summarization", prompt_init=init, **text)
    assert type(made.optimizer.optimizer) is torch.optim.AdamW


@pytest.mark.parametrize("method", ["prefix", "full", "prompt-full"])
def test_other_methods_look_past_how_a_prompt_starts(method):
    settings = TuneConfig(task="any", method=method, prompt_init="random")
    assert METHODS[method].recipe("text", settings) == METHODS[method].recipes["text"]


@pytest.mark.parametrize("method", ["vpt-shallow", "vpt-deep"])
def test_visual_prompts_are_trained_by_sgd_at_a_rate_for_256_pictures(trainer, method):
    made, rates = trainer(method, "tiny-vit", "digits", steps=10)
    assert type(made.optimizer.optimizer) is torch.optim.SGD
    assert made.optimizer.param_groups[0]["momentum"] == 0.9
    assert made.args.max_grad_norm == 1
    assert rates[0] == 0
    assert max(rates) == pytest.approx(4 / 256)  # 1 for a step of 256


@pytest.mark.parametrize(("clip", "longest"), [(0.0, 10.0), (1e-3, 1e-3)])
def test_gradients_are_clipped_at_the_norm_of_the_recipe(adapted, start_of, clip, longest):
    from pipeline.tuning.training.loop import train

    case = ("tiny-vit", "digits", "vpt-shallow", 4)
    recipe = Recipe(1e-2, 1e-3, 1.0, "sgd", warmup=0.0, schedule="constant", clip=clip)
    config = TuneConfig(task="digits", method="vpt-shallow", batch_size=8)
    model, (_, data) = adapted(*case), start_of(*case)
    before = {n: p.detach().clone() for n, p in model.network.named_parameters()}
    train(model, data.train, data.validation, Schedule(recipe, 1.0, 1, config), lambda *_: None)
    moved = [(p - before[n]).norm() for n, p in model.network.named_parameters()]
    assert torch.stack(moved).norm() <= longest * 1.01
    assert torch.stack(moved).norm() >= longest * 0.1


def test_what_a_training_is_done_with_is_told():
    notes = Notes()
    settings = {"base": "tiny-vit", "task": "digits", "method": "vpt-shallow", "batch_size": 32}
    run(notes, **settings, max_steps=2, weight_decay=0.5)
    ((recipe, choice),) = notes.settings
    expected = replace(METHODS["vpt-shallow"].recipes["image"].at(32), weight_decay=0.5)
    assert recipe == expected
    assert choice.learning_rate == expected.learning_rate == 32 / 256


def test_a_prompt_learns_from_noise():
    settings = {
        "task": "summarization",
        "method": "prompt",
        "prompt_init": "random",
        "max_eval": 12,
    }
    tuned = run(Notes(), **settings, batch_size=8, max_steps=20)
    assert tuned.test["bertscore_f1"].mean > 0.9
    assert tuned.test["bertscore_f1"].beats(tuned.base_test["bertscore_f1"])
