"""A tuning that was killed goes on where it stopped, and leaves nothing behind when it is done."""

from dataclasses import replace

import mlflow
import pytest

from pipeline.data import TASKS
from pipeline.data.forms.generation import TextPairs
from pipeline.data.task import TaskData
from pipeline.errors import BaseUnreachableError, Problem, TuningError
from pipeline.tracking.registered import made_by
from pipeline.tracking.runs import find_runs
from pipeline.tracking.stages.tune.inputs import tune_request
from pipeline.tracking.stages.tune.stage import RunRecorder, run_tune
from pipeline.tracking.stages.tune.untuned import untuned_statistics


class KilledError(Exception):
    """Stands in for a signal."""


@pytest.fixture
def breaking_at(monkeypatch):
    """Break tunings off as soon as they report the training loss of a step."""
    progress = RunRecorder.progress

    def at(breaking_step):
        def break_off(self, step, metrics):
            progress(self, step, metrics)
            if step == breaking_step and "loss/train" in metrics:
                raise KilledError

        monkeypatch.setattr(RunRecorder, "progress", break_off)

    return at


def unfinished(store):
    return set((store / "unfinished").glob("*"))


def test_a_tuning_goes_on_from_its_checkpoint_and_then_removes_it(
    config_of, store, breaking_at, client
):
    config = config_of("tiny-vit", "digits", "vpt-shallow", seed=3, learning_rate=1e-2)
    breaking_at(10)
    before = unfinished(store)
    with pytest.raises(KilledError):
        run_tune(config)
    assert unfinished(store) > before
    breaking_at(None)
    tuned = run_tune(config)
    assert client.get_run(tuned.run_id).data.tags["resumed_at_step"] == "5"
    assert unfinished(store) == before
    assert run_tune(config).uri == tuned.uri


def test_a_search_goes_on_with_the_trials_that_are_left(config_of, store, breaking_at):
    settings = {"trials": 3, "trial_steps": 3, "max_steps": 2, "eval_every": 1, "seed": 4}
    config = config_of("tiny-vit", "digits", "vpt-shallow", **settings)
    started, before = [], unfinished(store)
    trial = RunRecorder.trial

    def third_breaks(self, number, choice):
        started.append(number)
        if len(started) == 3:
            raise KilledError
        return trial(self, number, choice)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunRecorder, "trial", third_breaks)
        with pytest.raises(KilledError):
            run_tune(config)
    tuned = run_tune(config)
    trials = find_runs(f"tags.`mlflow.parentRunId` = '{tuned.run_id}'")
    assert len(trials) == 1
    assert trials[0].data.tags["outcome"] in ("complete", "pruned")
    run = mlflow.get_run(tuned.run_id)
    assert (run.data.params["trials"], run.data.params["trial_steps"]) == ("3", "3")
    assert unfinished(store) == before


def test_what_another_process_finished_meanwhile_is_not_done_again(
    config_of, store, monkeypatch, client
):
    from pipeline.tracking.stages.tune import stage

    config = config_of("tiny-vit", "digits", "full", seed=5, max_steps=2)
    first = run_tune(config)
    later = stage.finished_run
    own = client.get_run(first.run_id).data.tags["fingerprint"]

    def others(mark, usable):  # or the base would be kept twice, in a store that others use
        return None if mark == own else later(mark, usable)

    monkeypatch.setattr("pipeline.tracking.runs.finished_run", others)
    looks = iter([lambda *_: None])  # the first look, before the training

    def look(mark, usable):
        return next(looks, later)(mark, usable)

    monkeypatch.setattr(stage, "finished_run", look)
    second = run_tune(config)
    assert second.uri == first.uri
    (run,) = find_runs(f"tags.reuses = '{first.run_id}'")
    assert run.info.status == "FINISHED"
    assert made_by(run.info.run_id) is None


def test_what_was_trained_is_kept_where_scoring_fails_for_want_of_a_model(
    config_of, store, monkeypatch
):
    def unreachable(*_):
        raise BaseUnreachableError(Problem("bertscore_model", "a model", "none", "Connect."))

    before = unfinished(store)
    config = config_of("tiny-vit", "digits", "full", seed=6, max_steps=10, eval_every=5)
    untuned_statistics(tune_request(config))  # the base has been scored before
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.tuning.tune.score", unreachable)
        with pytest.raises(BaseUnreachableError):
            run_tune(config)
    assert unfinished(store) > before
    tuned = run_tune(config)
    assert "resumed_at_step" in mlflow.get_run(tuned.run_id).data.tags
    assert unfinished(store) == before


def test_the_same_examples_are_another_task_if_classes_or_questions_differ(config_of):
    request = tune_request(config_of("tiny-vit", "digits", "full"))
    renamed = replace(request.data, classes=request.data.classes[::-1])
    assert renamed.digest != request.data.digest
    others = [
        replace(request, data=renamed),
        replace(request, task=replace(request.task, cue=" so :")),
        replace(request, task=replace(request.task, scores=("macro_f1",))),
    ]
    assert len({one.fingerprint(run_tune) for one in (request, *others)}) == 4


@pytest.mark.parametrize(
    ("settings", "damage", "message"),
    [
        ({"prompt_length": 400}, {}, r"prompt_length: expected at most 162, .* context of 192"),
        ({}, {"train": TextPairs((), ())}, r"train split: expected at least one example"),
        ({}, {"train": TextPairs(("a",), ("the baker " * 200,))}, r"target: expected at most"),
    ],
    ids=["prompt", "empty", "target"],
)
def test_what_does_not_fit_fails_the_run_and_registers_nothing(
    config_of, store, monkeypatch, settings, damage, message
):
    good = TASKS["translation"]

    def load(request):
        data = good.load(request)
        splits = {name: getattr(data, name) for name in ("train", "validation", "test")}
        return TaskData(**{**splits, **damage}, source="damaged")

    monkeypatch.setitem(TASKS, "translation", type(good)(**{**vars(good), "load": load}))
    before = len(find_runs("attributes.status = 'FAILED'"))
    with pytest.raises(TuningError, match=message):
        run_tune(config_of("tiny-gpt2", "translation", "prompt", **settings))
    assert len(find_runs("attributes.status = 'FAILED'")) == before + 1
    assert not mlflow.MlflowClient().search_model_versions("name = 'tiny-gpt2-translation'")
