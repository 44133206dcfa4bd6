"""A base is aligned as it is: registered once under its own name, without a task or a head."""

import shutil

import mlflow
import numpy as np
import pandas as pd
import pytest
from safetensors.torch import load_file, save_file
from vision_architectures import VISION, timm_folder

from pipeline.brains.load import load_brain
from pipeline.config import AlignConfig, ExtractConfig, ReportConfig
from pipeline.errors import ConfigError, RegistryError, TuningError
from pipeline.models.bases import PRETRAINED
from pipeline.models.travelling.card import base_digest
from pipeline.tracking.aligned_runs import what_to_report
from pipeline.tracking.registered import resolve
from pipeline.tracking.stages.align.stage import run_align
from pipeline.tracking.stages.extract import run_extract
from pipeline.tracking.stages.report.stage import run_report

QUICK = {"folds": 3, "inner_folds": 3, "trials": 4, "nuisance": False}


@pytest.fixture(scope="module")
def aligned(store, few_sentences):
    return run_align(AlignConfig(model="tiny-gpt2", **few_sentences, **QUICK))


def test_a_base_is_registered_once_without_a_task(aligned, few_sentences, client):
    same = str(PRETRAINED / "tiny-gpt2")
    again = run_align(AlignConfig(model=same, **few_sentences, **QUICK))
    assert again.run_id == aligned.run_id
    (version,) = client.search_model_versions("name = 'tiny-gpt2'")
    tags = resolve(f"models:/tiny-gpt2/{version.version}").tags
    assert (tags["task"], tags["method"], tags["trainable_parameters"]) == ("none", "base", "0")
    assert int(tags["bytes_stored"]) < 200_000, "the base's weights are stored once, with the base"


def test_its_features_are_the_hidden_states_of_its_stack(aligned, few_sentences):
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = PRETRAINED / "tiny-gpt2"
    network, tokenizer = AutoModel.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    sentence = load_brain("prepared", few_sentences["brain_dir"]).stimuli.items[0]
    with torch.no_grad():
        encoded = tokenizer(sentence, return_tensors="pt")
        states = network.eval()(**encoded, output_hidden_states=True).hidden_states
    extracted = run_extract(ExtractConfig(model="tiny-gpt2", **few_sentences)).read()
    for layer, state in zip(extracted.values(), states, strict=True):
        np.testing.assert_allclose(layer[0], state[0].mean(dim=0), atol=1e-5)


def test_it_does_no_task(aligned):
    model = mlflow.pyfunc.load_model("models:/tiny-gpt2/1")
    with pytest.raises(mlflow.exceptions.MlflowException, match="a base without a task"):
        model.predict(pd.DataFrame({"text": ["the baker kneads the dough"]}))


def test_a_report_shows_it_without_a_task(aligned):
    report = run_report(ReportConfig(runs=aligned.run_id))
    assert report.page.is_file()
    assert "models as they are" in report.terminal
    matching = ReportConfig(runs="tags.base = 'tiny-gpt2' and tags.method = 'base'")
    assert aligned.run_id in [link.align_run for link in what_to_report(matching).links]


def test_a_vision_base_of_stages_is_aligned_as_it_is(store, tmp_path):
    timm_folder(tmp_path / "some-resnet", *VISION["resnet"])
    config = ExtractConfig(model=str(tmp_path / "some-resnet"), brain="simulated-pictures")
    assert [x.shape[1] for x in run_extract(config).read().values()] == [64, 16, 24, 32, 48]


def test_an_equal_base_of_another_name_is_aligned_under_its_own(aligned, few_sentences, tmp_path):
    copy = shutil.copytree(PRETRAINED / "tiny-gpt2", tmp_path / "my-gpt2")
    mine = run_align(AlignConfig(model=str(copy), **few_sentences, **QUICK))
    assert mlflow.get_run(mine.run_id).data.params["model"] == "models:/my-gpt2/1"
    pd.testing.assert_frame_equal(mine.scores(), aligned.scores())
    page = run_report(ReportConfig(runs=f"{aligned.run_id},{mine.run_id}")).page.read_text()
    assert "my-gpt2" in page


def test_bases_of_one_name_are_told_apart_by_their_weights(store, few_sentences, tmp_path):
    """Trainings leave folders of one name: ``run1/checkpoint-5`` and ``run2/checkpoint-5``."""
    first, second = tmp_path / "run1" / "checkpoint-5", tmp_path / "run2" / "checkpoint-5"
    shutil.copytree(PRETRAINED / "tiny-gpt2", first)
    shutil.copytree(first, second)
    weights = load_file(second / "model.safetensors")
    name = min(weights)
    save_file({**weights, name: weights[name] * 2}, second / "model.safetensors", {"format": "pt"})
    models = [str(first), str(second)]
    runs = [run_align(AlignConfig(model=m, **few_sentences, **QUICK)).run_id for m in models]
    tags = [mlflow.get_run(run).data.params["model"] for run in runs]
    assert tags == ["models:/checkpoint-5/1", "models:/checkpoint-5/2"]
    matching = what_to_report(ReportConfig(runs="tags.base = 'checkpoint-5'"))
    assert {link.align_run for link in matching.links} == set(runs)
    page = run_report(ReportConfig(runs=",".join(runs))).page.read_text()
    for folder in (first, second):
        assert f"checkpoint-5 ({base_digest(folder)[:6]})" in page


def test_an_alias_of_a_model_without_any_is_refused_with_its_versions(aligned):
    with pytest.raises(RegistryError, match=r"has no aliases. Name a version: models:/tiny-gpt2/1"):
        resolve("models:/tiny-gpt2@base")


def test_what_is_neither_a_version_nor_a_base_is_refused(store):
    config = ExtractConfig(model="tiny-gtp2", brain="simulated-sentences")
    with pytest.raises(ConfigError, match=r"model: expected models:/.*or a base: .*'tiny-gpt2'"):
        run_extract(config)


def test_a_base_whose_layers_cannot_be_read_is_refused_by_name(store, tmp_path):
    small = {"img_size": (32, 32), "embed_dim": 24, "stages": (1, 1, 1, 1)}
    timm_folder(tmp_path / "some-hiera", "hiera_tiny_224", small)
    config = ExtractConfig(model=str(tmp_path / "some-hiera"), brain="simulated-pictures")
    with pytest.raises(TuningError, match="base some-hiera: expected one whose layers can be read"):
        run_extract(config)
