"""Alignments that cannot be made are refused, and their run says why."""

import pytest
from quick_alignment import BRAIN

from pipeline.config import AlignConfig
from pipeline.errors import AlignmentError, ConfigError, DataError, RegistryError
from pipeline.tracking.first_look import check_model, check_study
from pipeline.tracking.runs import find_runs
from pipeline.tracking.stages.align.stage import run_align


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("models:/tiny-gpt2-sumarization@prompt", r"Did you mean 'tiny-gpt2-summarization'"),
        ("models:/tiny-gpt2-summarization@promt", r"existing alias.*Did you mean 'prompt'"),
        ("models:/tiny-gpt2-summarization/99", r"existing version.*found '99'"),
    ],
)
def test_a_model_that_is_not_registered_is_refused_at_the_first_look_and_later(
    prompt, full, uri, message
):
    with pytest.raises(RegistryError, match=message) as early:
        check_model(uri)
    with pytest.raises(RegistryError, match=message) as late:
        run_align(AlignConfig(model=uri, brain=BRAIN))
    assert str(early.value) == str(late.value)


def test_the_first_look_lets_what_is_registered_and_bases_pass(prompt, monkeypatch, tmp_path):
    for model in (prompt.uri, f"models:/{prompt.name}@prompt", "tiny-vit"):
        check_model(model)
    with pytest.raises(ConfigError, match="Did you mean 'tiny-vit'"):
        check_model("tiny-vitt")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    with pytest.raises(RegistryError, match="Nothing is registered yet"):
        check_model(prompt.uri)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "sqlite:///{folder}/none/mlflow.db"])
def test_the_first_look_leaves_to_mlflow_what_is_no_file(monkeypatch, tmp_path, address):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address.format(folder=tmp_path))
    check_model("models:/anything@prompt")
    check_study("deadbeef")


def test_the_first_look_finds_no_study_where_there_is_none(aligned, monkeypatch, tmp_path):
    check_study(aligned.run_id)  # a run: that it is no study, the command itself says
    with pytest.raises(RegistryError, match="found 'deadbeef', which this store does not have"):
        check_study("deadbeef")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    with pytest.raises(
        RegistryError, match="a study with aligned models in this store; found none"
    ):
        check_study("")


def test_a_brain_of_the_other_modality_is_refused(prompt):
    with pytest.raises(ConfigError, match=r"brain: expected text stimuli.*simulated-pictures"):
        run_align(AlignConfig(model=prompt.uri, brain="simulated-pictures"))


def test_a_fold_with_too_few_groups_is_refused_and_the_run_fails(prompt):
    with pytest.raises(AlignmentError, match=r"folds"):
        run_align(AlignConfig(model=prompt.uri, brain=BRAIN, folds=100))
    failed = find_runs("attributes.status = 'FAILED' and tags.stage = 'align'")
    assert any("folds" in run.data.tags["error"] for run in failed)


def test_missing_brain_files_fail_the_run(vpt, tmp_path):
    with pytest.raises(DataError, match=r"digit69_28x28.mat"):
        run_align(AlignConfig(model=vpt.uri, brain="digit69", brain_dir=str(tmp_path)))
