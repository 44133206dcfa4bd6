"""A tuning leaves one run with its tags and one registered version, or nothing at all."""

import json
from pathlib import Path

import mlflow
import pytest

from pipeline.errors import BaseUnreachableError, DataError, TuningError
from pipeline.tracking import runs
from pipeline.tracking.registered import resolve
from pipeline.tracking.runs import artifact, find_runs
from pipeline.tracking.stages.tune.stage import run_tune


def test_the_run_carries_the_tags_of_its_stage(prompt, client):
    run = client.get_run(prompt.run_id)
    assert run.info.status == "FINISHED"
    expected = {
        "stage": "tune",
        "base": "tiny-gpt2",
        "task": "summarization",
        "method": "prompt",
        "seed": "0",
    }
    assert expected.items() <= run.data.tags.items()
    assert len(run.data.tags["fingerprint"]) == 64
    assert {"loss/train", "loss/validation", "task/bertscore_f1"} <= run.data.metrics.keys()
    used = {"recipe/optimizer": "adamw_torch", "recipe/schedule": "cosine"}
    assert used.items() <= run.data.params.items()
    assert float(run.data.params["recipe/learning_rate"]) == 0.05
    (dataset,) = run.inputs.dataset_inputs
    assert dataset.dataset.name == "summarization"


def test_prompt_and_full_are_versions_of_one_model_under_their_aliases(prompt, full, client):
    assert prompt.name == full.name == "tiny-gpt2-summarization"
    assert prompt.version != full.version
    aliases = client.get_registered_model(prompt.name).aliases
    assert str(aliases["prompt"]) == prompt.version
    assert str(aliases["full"]) == full.version
    assert resolve("models:/tiny-gpt2-summarization@full").uri == full.uri


def test_a_version_tells_what_it_is(prompt, full):
    assert prompt.tags["prompt_length"] == "8"
    assert prompt.tags["trainable_parameters"] == str(8 * 128)
    assert full.tags["trainable_parameters"] == full.tags["total_parameters"]
    assert {"base_digest", "validation_score", "task/bertscore_f1"} <= set(prompt.tags)
    assert prompt.tags["stopped"] == "budget"
    assert prompt.tags["beats_base"] in ("true", "false")
    run = mlflow.get_run(prompt.run_id).data
    assert run.tags["stopped"] == "budget"
    assert run.metrics["steps"] == float(run.params["max_steps"])
    assert "loss/validation_slope" in run.metrics


def test_a_prompt_is_stored_as_its_parameters_and_little_else(prompt, full):
    folder = artifact_folder(prompt) / "artifacts" / "tuned"
    stored = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    assert 8 * 128 * 4 < stored < 8 * 128 * 4 + 1500  # its card
    assert stored == int(prompt.tags["bytes_stored"])
    every = sum(p.stat().st_size for p in artifact_folder(prompt).rglob("*") if p.is_file())
    assert every < 8 * 128 * 4 + 200_000  # the code that travels with it
    names = {
        p.name for p in artifact_folder(full).rglob("*") if p.suffix in (".safetensors", ".bin")
    }
    assert names == {"model.safetensors"}


def artifact_folder(version):
    return Path(mlflow.artifacts.download_artifacts(version.uri))


def test_the_same_tuning_is_not_done_twice(prompt, config_of, caplog, monkeypatch):
    monkeypatch.setattr(runs, "_NAMED", set())  # as in another process
    settings = {"prompt_length": 8, "learning_rate": 0.05}
    config = config_of("tiny-gpt2", "summarization", "prompt", **settings)
    assert run_tune(config).uri == run_tune(config).uri == prompt.uri
    assert caplog.text.count(f"reusing run {prompt.run_id}") == 1


def test_the_alias_moves_to_the_version_with_the_best_validation_score(config_of, client):
    def tuned(**settings):  # by a method whose versions no other test makes of this task
        return run_tune(config_of("tiny-vit", "digits", "vpt-deep", **settings))

    def holder():
        return str(client.get_registered_model(first.name).aliases["vpt-deep"])

    first = tuned(learning_rate=0.01, max_steps=4)
    worse = tuned(learning_rate=1e-12, max_steps=2)
    assert worse.tags["beats_base"] == "false"
    best = max((worse, first), key=lambda v: float(v.tags["validation_score"]))
    assert holder() == best.version
    better = tuned(learning_rate=0.1, max_steps=20)
    assert float(better.tags["validation_score"]) > float(best.tags["validation_score"])
    assert holder() == better.version


def untuned_runs(seed):
    return find_runs(f"tags.stage = 'untuned' and tags.seed = '{seed}'")


def test_the_untuned_base_is_scored_once_for_all_that_is_compared_with_it(config_of):
    settings = {"seed": 71, "max_steps": 2}
    first = run_tune(config_of("tiny-vit", "digits", "probe", **settings))
    (scored,) = untuned_runs(71)
    run_tune(config_of("tiny-vit", "digits", "full", **settings))
    assert [run.info.run_id for run in untuned_runs(71)] == [scored.info.run_id]
    base = run_tune(config_of("tiny-vit", "digits", "base", **settings))
    metrics = mlflow.get_run(first.run_id).data.metrics
    assert metrics["base/accuracy"] == scored.data.metrics["base/accuracy"]
    assert metrics["base/accuracy"] == mlflow.get_run(base.run_id).data.metrics["task/accuracy"]


def test_a_tuning_by_base_is_what_later_ones_are_compared_with(config_of):
    settings = {"seed": 72, "max_steps": 2}
    base = run_tune(config_of("tiny-vit", "digits", "base", **settings))
    first = run_tune(config_of("tiny-vit", "digits", "probe", **settings))
    assert untuned_runs(72) == []
    metrics = mlflow.get_run(first.run_id).data.metrics
    assert metrics["base/accuracy"] == mlflow.get_run(base.run_id).data.metrics["task/accuracy"]
    assert metrics["base/accuracy"] != metrics["task/accuracy"]


def test_search_trials_are_runs_nested_in_their_tuning(config_of, store):
    settings = {"trials": 2, "trial_steps": 2, "max_steps": 2, "pruning": "none"}
    tuned = run_tune(config_of("tiny-vit", "shapes", "vpt-shallow", **settings))
    trials = find_runs(f"tags.`mlflow.parentRunId` = '{tuned.run_id}'")
    assert [run.data.tags["stage"] for run in trials] == ["trial", "trial"]
    rates = {float(run.data.params["learning_rate"]) for run in trials}
    assert float(tuned.tags["learning_rate"]) in [pytest.approx(rate, rel=1e-4) for rate in rates]
    batch_size = config_of("tiny-vit", "shapes", "vpt-shallow", **settings).batch_size
    assert mlflow.get_run(tuned.run_id).data.metrics["examples"] == (2 * 2 + 2) * batch_size


def failed(title):
    """Give the newest that failed: others of this title may have, in other files."""
    return next(r for r in find_runs("attributes.status = 'FAILED'") if r.info.run_name == title)


def versions(name):
    return mlflow.MlflowClient().search_model_versions(f"name = '{name}'")


def test_training_that_diverges_fails_its_run_and_registers_nothing(config_of, store):
    with pytest.raises(TuningError, match=r"expected a finite number"):
        run_tune(config_of("tiny-vit", "shapes", "full", learning_rate=1e30))
    assert "finite number" in failed("full tune tiny-vit-shapes").data.tags["error"]
    assert not [v for v in versions("tiny-vit-shapes") if v.tags["method"] == "full"]


def test_an_unreachable_hub_fails_the_run_and_registers_nothing(config_of, store, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(store / "nothing"))
    with pytest.raises(BaseUnreachableError, match=r"local directory"):
        run_tune(config_of("gpt2", "summarization", "full"))
    assert "local cache" in failed("full tune gpt2-summarization").data.tags["error"]
    assert not versions("gpt2-summarization")


def test_damaged_task_files_fail_the_run_and_register_nothing(config_of, store, tmp_path):
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(b"not gzip")
    with pytest.raises(DataError, match=r"idx"):
        run_tune(config_of("tiny-vit", "mnist", "full", data_dir=str(tmp_path)))
    assert failed("full tune tiny-vit-mnist").data.tags["error"]
    assert not versions("tiny-vit-mnist")


@pytest.mark.parametrize(("task", "base", "method", "message"), [
    ("dialogsum", "gpt2", "probe", r"method 'probe': expected a task of classification, tagging"),
    ("rte", "timm/vit_tiny", "vpt-deep", r"task: expected one for image.*found 'rte'"),
    ("mnist", "some/encoder", "vpt-deep",
     r"2 problems:(.|\n)*task: expected one for text(.|\n)*'vpt-deep': expected a base for image"),
])  # fmt: skip
def test_what_names_say_does_not_fit_is_refused_before_anything_is_fetched(
    config_of, store, monkeypatch, task, base, method, message
):
    monkeypatch.setattr("pipeline.models.bases.fetch_model", None)
    monkeypatch.setattr("pipeline.data.hub_tables.hub_or_cache", None)
    with pytest.raises(TuningError, match=message):
        run_tune(config_of(base, task, method))
    name = f"{base.split('/')[-1]}-{task}"
    assert "expected" in failed(f"{method} tune {name}").data.tags["error"]
    assert not mlflow.MlflowClient().search_registered_models(f"name = '{name}'")


def test_bases_are_kept_once(prompt, full, store):
    bases = find_runs("tags.stage = 'base' and tags.base = 'tiny-gpt2'")
    assert len(bases) == 1
    config = json.loads((artifact(bases[0].info.run_id, "base") / "config.json").read_text())
    assert config["n_embd"] == 128
