"""Runs whose process is gone are closed, and the same work leaves one version and whole curves."""

import mlflow
import pytest

from pipeline.tracking.claims import PROCESS
from pipeline.tracking.lost_runs import close_lost_runs
from pipeline.tracking.registered import made_by
from pipeline.tracking.runs import Stage, find_runs, stage_run
from pipeline.tracking.stages.tune.stage import RunRecorder, run_tune

VPT = ("tiny-vit", "digits", "vpt-shallow")


class KilledError(Exception):
    """Stands in for a signal."""


def lost(client, run_id):
    """Make a run look as one whose process was killed."""
    client.update_run(run_id, "RUNNING")
    tag = client.get_run(run_id).data.tags[PROCESS]
    host, process, name = tag.split(" ")
    client.set_tag(run_id, PROCESS, f"{host} {process} {name}-killed")


def test_a_run_of_a_process_that_is_gone_is_closed_as_killed(store, client):
    with stage_run(Stage("extract", "extract a for b")) as run:
        close_lost_runs()
        assert client.get_run(run.info.run_id).info.status == "RUNNING"
    lost(client, run.info.run_id)
    close_lost_runs()
    assert client.get_run(run.info.run_id).info.status == "KILLED"


def test_a_version_whose_run_never_finished_is_not_doubled(config_of, store, client, monkeypatch):
    config = config_of(*VPT, seed=3131, learning_rate=1e-2)
    log_tuned = "pipeline.tracking.stages.tune.stage.log_tuned"
    from pipeline.tracking.stages.tune.records import log_tuned as whole

    def killed_after(*arguments):
        whole(*arguments)
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(log_tuned, killed_after)
        with pytest.raises(KilledError):
            run_tune(config)
    (attempt,) = find_runs("params.seed = '3131' and tags.stage = 'tune'")
    half = made_by(attempt.info.run_id)
    assert half is not None
    tuned = run_tune(config)
    assert tuned.version != half.version
    assert made_by(attempt.info.run_id) is None
    named = [
        version
        for version in client.search_model_versions(f"name = '{tuned.name}'")
        if version.tags["seed"] == "3131"
    ]
    assert [str(version.version) for version in named] == [tuned.version]
    models = mlflow.search_logged_models(
        [attempt.info.experiment_id],
        filter_string=f"source_run_id = '{attempt.info.run_id}'",
        output_format="list",
    )
    assert models == []
    assert client.get_model_version_by_alias(tuned.name, "vpt-shallow")


def test_a_version_left_by_a_killed_process_goes_when_its_run_is_closed(config_of, client):
    tuned = run_tune(config_of(*VPT, seed=32, learning_rate=1e-2, max_steps=2))
    lost(client, tuned.run_id)
    close_lost_runs()
    assert made_by(tuned.run_id) is None


def test_a_tuning_that_goes_on_keeps_its_curves(config_of, client, monkeypatch):
    progress = RunRecorder.progress

    def curve(run_id):
        return {
            key: [(point.step, point.value) for point in client.get_metric_history(run_id, key)]
            for key in ("loss/train", "loss/validation")
        }

    def breaking(step_to_break):
        def break_off(self, step, metrics):
            progress(self, step, metrics)
            if step == step_to_break and "loss/train" in metrics:
                raise KilledError

        return break_off

    settings = {"learning_rate": 1e-2, "max_steps": 4, "eval_every": 1}
    for step in (2, 3):
        with monkeypatch.context() as patch:
            patch.setattr(RunRecorder, "progress", breaking(step))
            with pytest.raises(KilledError):
                run_tune(config_of(*VPT, seed=33, **settings))
    tuned = run_tune(config_of(*VPT, seed=33, **settings))
    assert client.get_run(tuned.run_id).data.tags["resumed_at_step"] == "2"
    curves = {key: sorted(points) for key, points in curve(tuned.run_id).items()}
    assert [step for step, _ in curves["loss/train"]] == [1, 2, 3, 4]
    assert [step for step, _ in curves["loss/validation"]] == [1, 2, 3, 4]
    # what is the same training without interruption
    monkeypatch.setattr("pipeline.tracking.fingerprints.trail_digest", lambda _: "other")
    unbroken = run_tune(config_of(*VPT, seed=33, **settings))
    assert unbroken.run_id != tuned.run_id
    assert curves == {key: sorted(points) for key, points in curve(unbroken.run_id).items()}


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit])
def test_a_stage_and_its_study_that_a_person_ends_are_killed_and_not_failed(client, ending):
    with (
        pytest.raises(ending),
        stage_run(Stage("study", "ended by hand")) as study,
        stage_run(Stage("tune", "ended by hand too")) as tune,
    ):
        raise ending
    for run in (study, tune):
        assert client.get_run(run.info.run_id).info.status == "KILLED"
