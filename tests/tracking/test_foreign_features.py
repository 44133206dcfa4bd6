"""Features of another tool are scored as a registered model's are, and to the same values."""

import mlflow
import numpy as np
import pandas as pd
import pytest

from pipeline.brains.load import load_brain
from pipeline.config import AlignConfig, ExtractConfig
from pipeline.errors import DataError
from pipeline.tracking.registered import resolve
from pipeline.tracking.stages.align.stage import run_align
from pipeline.tracking.stages.extract import run_extract

QUICK = {"folds": 3, "inner_folds": 3, "trials": 4, "nuisance": False}


@pytest.fixture(scope="module")
def quick(few_sentences):
    return {**few_sentences, **QUICK}


@pytest.fixture(scope="module")
def folder(store, few_sentences, tmp_path_factory):
    """Features of a base, as another tool would have left them, in an order of its own."""
    folder = tmp_path_factory.mktemp("features")
    sentences = load_brain("prepared", few_sentences["brain_dir"]).stimuli.items
    order = np.random.default_rng(0).permutation(len(sentences))
    (folder / "stimuli.txt").write_text("\n".join(sentences[n] for n in order), encoding="utf-8")
    layers = run_extract(ExtractConfig(model="tiny-gpt2", **few_sentences)).read()
    for name, layer in layers.items():
        np.savez(folder / f"{name}.npz", layer[order])
    return folder


@pytest.fixture(scope="module")
def foreign(folder, quick):
    return run_align(AlignConfig(model="their encoder", features=str(folder), **quick))


def test_they_get_the_scores_that_the_model_itself_gets(foreign, quick):
    own = run_align(AlignConfig(model="tiny-gpt2", **quick))
    pd.testing.assert_frame_equal(foreign.scores(), own.scores())


def test_they_have_a_name_in_the_registry_with_their_scores(foreign, client):
    tags = resolve("models:/their encoder/1").tags
    assert (tags["base"], tags["task"], tags["method"]) == ("their encoder", "none", "features")
    assert "language" in tags["brain_scores"]
    assert mlflow.get_run(foreign.run_id).data.tags["method"] == "features"


def test_the_same_features_are_not_taken_again(foreign, folder, quick):
    again = run_align(AlignConfig(model="their encoder", features=str(folder), **quick))
    assert again == foreign


def test_features_of_other_stimuli_are_refused_before_anything_is_registered(
    store, client, folder, quick
):
    (other := folder / "other").mkdir()
    np.savez(other / "a.npz", np.zeros((2, 3)))
    (other / "stimuli.txt").write_text("a\nb\n")
    with pytest.raises(DataError, match=r"found 2 others: 'a', 'b'"):
        run_align(AlignConfig(model="others", features=str(other), **quick))
    assert not client.search_registered_models("name = 'others'")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("models:/a@b", "nothing beside models:/a@b"),
        ("pixels", "another name than pixels, which a report calls its own control"),
    ],
)
def test_features_whose_name_means_something_else_are_refused(model, message):
    with pytest.raises(ValueError, match=message):
        AlignConfig(model=model, features="there", brain="arrays", **QUICK)
