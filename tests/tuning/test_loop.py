"""A training depends on its settings alone: not on parts, nor on how often it was killed."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from pipeline.config import TuneConfig
from pipeline.tuning.recipe import Recipe
from pipeline.tuning.training.loop import train
from pipeline.tuning.training.schedule import Schedule

RECIPE = Recipe(1e-3, 1e-4, 1e-2)
PROMPT = ("tiny-gpt2", "summarization", "prompt", 4)
FULL = ("tiny-gpt2", "summarization", "full", 0)
VPT = ("tiny-vit", "digits", "vpt-shallow", 4)


class KilledError(Exception):
    """Stands in for a signal."""


@pytest.fixture(scope="module")
def trained(adapted, start_of):
    """Train a little, with a prompt or all weights; give the model's trained weights as well."""

    def make(case, checkpoints=None, kill_at=None, rate=1e-2, **settings):
        base, task, method, length = case
        values = {"batch_size": 8, "eval_every": 3, "seed": 1, **settings}
        config = TuneConfig.model_validate({"task": task, "method": method, **values})
        torch.manual_seed(0)
        model = adapted(base, task, method, length)
        _, data = start_of(base, task, method, length)

        def progress(step, losses):
            if kill_at is not None and step >= kill_at and "loss/train" in losses:
                raise KilledError

        schedule = Schedule(RECIPE, rate, 9, config)
        result = train(model, data.train, data.validation, schedule, progress, checkpoints)
        named = model.network.named_parameters()
        return result, {n: p.detach().clone() for n, p in named if p.requires_grad}

    return make


@pytest.fixture(scope="module")
def unbroken(trained, tmp_path_factory):
    """Train a case to its end, once for all that is compared with it; give its folder, too."""

    @cache
    def make(case):
        folder = tmp_path_factory.mktemp("whole")
        return trained(case, folder), folder

    return make


def assert_same(result, expected):
    assert result[0] == expected[0]
    assert result[1].keys() == expected[1].keys()
    for name, value in result[1].items():
        assert torch.equal(value, expected[1][name]), name


@pytest.mark.parametrize("kill_at", [6, 9])
@pytest.mark.parametrize("case", [PROMPT, VPT], ids=["text", "image"])
def test_a_training_broken_off_goes_on_to_the_same_result(
    trained, unbroken, tmp_path, case, kill_at
):
    expected, _ = unbroken(case)
    with pytest.raises(KilledError):
        trained(case, tmp_path / "broken", kill_at=kill_at)
    resumed = trained(case, tmp_path / "broken")
    assert resumed[0].resumed_at == kill_at - 3
    assert_same((replace(resumed[0], resumed_at=0), resumed[1]), expected)


def test_a_checkpoint_that_was_not_written_to_its_end_is_passed_over(trained, tmp_path):
    expected = trained(FULL, tmp_path / "whole", rate=1e-3)
    with pytest.raises(KilledError):
        trained(FULL, tmp_path / "broken", kill_at=9, rate=1e-3)
    state = tmp_path / "broken/checkpoint-6/trainer_state.json"
    state.write_text(state.read_text()[:100])
    (tmp_path / "broken/checkpoint-7").mkdir()
    resumed = trained(FULL, tmp_path / "broken", rate=1e-3)
    assert resumed[0].resumed_at in (0, 3)
    assert_same((replace(resumed[0], resumed_at=0), resumed[1]), expected)


def spoil(path, harm):
    content = bytearray(path.read_bytes())
    if harm == "flip":
        content[-1] ^= 1  # of the last weight
    path.write_bytes(content[: len(content) // 2] if harm == "truncate" else content)
    if harm == "delete":
        path.unlink()


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("model.safetensors", "flip"),
        ("optimizer.pt", "truncate"),
        pytest.param("rng_state.pth", "delete", marks=pytest.mark.slow),
    ],
)
def test_a_training_does_not_go_on_from_a_damaged_checkpoint(
    trained, unbroken, tmp_path, name, harm
):
    expected, _ = unbroken(PROMPT)
    with pytest.raises(KilledError):
        trained(PROMPT, tmp_path / "broken", kill_at=9)
    for folder in (tmp_path / "broken").glob("checkpoint-*"):
        spoil(folder / name, harm)
    resumed = trained(PROMPT, tmp_path / "broken")
    assert resumed[0].resumed_at == 0
    assert_same(resumed, expected)


def test_a_training_that_was_over_is_trained_again_if_its_best_state_is_damaged(
    trained, tmp_path, caplog
):
    settings = {"rate": 1e-12, "eval_every": 1, "patience": 2}
    expected = trained(PROMPT, tmp_path, **settings)
    spoil(tmp_path / "checkpoint-1" / "model.safetensors", "flip")
    assert_same(trained(PROMPT, tmp_path, **settings), expected)
    assert "checkpoint-1 is damaged: the training does not go on from it" in caplog.text


@pytest.mark.parametrize("settings", [{}, {"rate": 1e-12, "eval_every": 1, "patience": 2}])
def test_a_training_that_was_over_is_not_taken_up_again(trained, unbroken, tmp_path, settings):
    expected, folder = unbroken(PROMPT)
    if settings:
        expected, folder = trained(PROMPT, tmp_path, **settings), tmp_path
    assert expected[0].steps == (9 if not settings else 3)
    again = trained(PROMPT, folder, **settings)
    assert again[0].resumed_at == expected[0].steps
    assert_same((replace(again[0], resumed_at=0), again[1]), expected)


@pytest.mark.parametrize(
    ("case", "names"),
    [
        (PROMPT, {"network.transformer.prompt"}),
        (VPT, {"network.prompt", "network.head.weight", "network.head.bias"}),
    ],
    ids=["text", "image"],
)
def test_frozen_weights_are_not_written_into_checkpoints(unbroken, case, names):
    _, folder = unbroken(case)
    checkpoints = list(folder.glob("checkpoint-*"))
    assert 1 <= len(checkpoints) <= 2  # the last and the best
    for checkpoint in checkpoints:
        assert set(load_file(checkpoint / "model.safetensors")) == names


def test_parts_change_a_training_by_rounding_only(trained):
    settings = {"rate": 1e-3, "eval_every": 9}
    whole, in_parts = (trained(FULL, **settings, tokens_at_once=n) for n in (10_000, 60))
    assert whole[0].validation_loss == pytest.approx(in_parts[0].validation_loss, abs=1e-5)


def test_a_training_without_checkpoints_leaves_nothing_where_it_was_started(
    trained, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    trained(VPT)
    assert not list(tmp_path.iterdir())


def test_the_validation_loss_is_a_mean_over_target_tokens(trained, adapted, start_of):
    from pipeline.tuning.forms import form_of
    from pipeline.tuning.forms.prepare import n_supervised, prepare

    loss_in_training = trained(PROMPT, rate=1e-12, patience=9)[0].validation_loss
    torch.manual_seed(0)
    model = adapted(*PROMPT)
    items, collate = prepare(model, start_of(*PROMPT)[1].validation)
    single = [collate([item]) for item in items.items]
    loss = form_of(model.card).loss
    with torch.no_grad():
        total = sum(float(loss(model.network, one)) * n_supervised(one) for one in single)
    assert loss_in_training == pytest.approx(total / sum(map(n_supervised, single)), abs=1e-5)


@pytest.mark.slow  # bfloat16 is slow without a GPU
def test_bfloat16_is_chosen_by_device_and_computes_where_it_is_asked_for(trained):
    schedule = Schedule(RECIPE, 1e-2, 9, TuneConfig(task="digits", method="full"))
    assert schedule.bfloat16 == (torch.cuda.is_available() and torch.cuda.is_bf16_supported())
    full, half = (trained(VPT, precision=name) for name in ("float32", "bfloat16"))
    assert full[0].validation_loss != half[0].validation_loss
    assert full[0].validation_loss == pytest.approx(half[0].validation_loss, rel=0.1)
    assert all(value.dtype == torch.float32 for value in half[1].values())


@pytest.mark.slow  # three processes that train
def test_a_killed_process_leaves_what_another_goes_on_with(tmp_path, repository):
    """The same as above with a real process and a real SIGKILL."""
    script = Path(__file__).with_name("train_a_little.py")
    environment = {
        **os.environ,
        "PYTHONPATH": f"{repository}:{repository}/tests",
        "OMP_NUM_THREADS": "1",
    }

    def start(folder, kill_at):
        command = [sys.executable, str(script), str(tmp_path / folder), str(kill_at)]
        return subprocess.run(command, env=environment, capture_output=True, check=False)

    assert start("whole", 0).returncode == 0
    assert start("killed", 6).returncode == -signal.SIGKILL
    assert not (tmp_path / "killed/result.safetensors").exists()
    assert start("killed", 0).returncode == 0
    whole, killed = (load_file(tmp_path / f / "result.safetensors") for f in ("whole", "killed"))
    assert whole.keys() == killed.keys()
    assert all(torch.equal(whole[name], killed[name]) for name in whole)
