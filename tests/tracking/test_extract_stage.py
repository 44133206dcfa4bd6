"""Features are what a version gives for the stimuli of a brain dataset, and refused for others."""

from dataclasses import replace

import mlflow
import numpy as np
import pandas as pd
import pytest
from quick_alignment import BRAIN

from pipeline.brains.load import load_brain
from pipeline.config import ExtractConfig
from pipeline.errors import ConfigError, DataError, RegistryError
from pipeline.extraction.spool import Spool
from pipeline.extraction.store import FILE
from pipeline.tracking.runs import artifact
from pipeline.tracking.stages.align.stage import matching_features
from pipeline.tracking.stages.extract import run_extract


def test_features_are_those_the_version_gives_for_the_stimuli(prompt):
    extracted = run_extract(ExtractConfig(model=prompt.uri, brain=BRAIN))
    layers = extracted.read()
    stimuli = load_brain(BRAIN, "").stimuli.items
    model = mlflow.pyfunc.load_model(prompt.uri)
    expected = model.predict(pd.DataFrame({"text": stimuli}), params={"output": "features"})
    for number, layer in enumerate(layers.values()):
        np.testing.assert_array_equal(layer, expected[:, number])


def test_sentences_can_be_read_behind_those_before_them(prompt):
    alone = run_extract(ExtractConfig(model=prompt.uri, brain=BRAIN)).read()
    behind = run_extract(ExtractConfig(model=prompt.uri, brain=BRAIN, context="passage")).read()
    groups = load_brain(BRAIN, "").stimuli.groups
    first = np.unique(groups, return_index=True)[1]
    for layer in behind:
        np.testing.assert_allclose(behind[layer][first], alone[layer][first], atol=1e-4)
    last = max(behind)
    others = np.setdiff1d(np.arange(len(groups)), first)
    assert np.abs(behind[last][others] - alone[last][others]).max() > 1e-2


def test_prompt_positions_count_where_there_are_any(prompt, full):
    settings = {"brain": BRAIN, "pooling": "mean"}
    alike = [
        run_extract(ExtractConfig(model=full.uri, **settings, prompt_positions=positions))
        for positions in ("out", "in")
    ]
    assert alike[0] == alike[1]  # found, not computed again
    out, within = (
        run_extract(ExtractConfig(model=prompt.uri, **settings, prompt_positions=positions))
        for positions in ("out", "in")
    )
    assert within.origin.prompt_positions == "in"
    for layer, values in within.read().items():
        assert np.abs(values - out.read()[layer]).max() > 1e-3


def test_pictures_stand_alone(vpt):
    config = ExtractConfig(model=vpt.uri, brain="simulated-pictures", context="passage")
    with pytest.raises(ConfigError, match="context: expected alone, as pictures stand"):
        run_extract(config)


def test_stimuli_that_are_cut_are_counted_and_told_of(prompt, client, caplog):
    settings = {"model": prompt.uri, "brain": BRAIN}
    whole = run_extract(ExtractConfig(**settings))
    assert whole.n_cut == 0
    assert "stimuli_cut" not in client.get_run(whole.run_id).data.metrics
    for _ in range(2):  # computed, and reused
        caplog.clear()
        cut = run_extract(ExtractConfig(**settings, prompt_room=185))
        assert f"{cut.n_cut} stimuli are longer than the 7 tokens" in caplog.text
    metrics = client.get_run(cut.run_id).data.metrics
    assert metrics["tokens_cut"] >= metrics["stimuli_cut"] == cut.n_cut > 0


def test_prompts_that_would_take_the_whole_context_are_refused(prompt):
    config = ExtractConfig(model=prompt.uri, brain=BRAIN, prompt_room=192)
    with pytest.raises(ConfigError, match=r"prompt_room: expected below 192, the context of tiny-"):
        run_extract(config)


def test_features_of_as_many_other_stimuli_are_refused(prompt):
    extracted = run_extract(ExtractConfig(model=prompt.uri, brain=BRAIN))
    brain = load_brain(BRAIN, "")
    items = (*brain.stimuli.items[1:], brain.stimuli.items[0])
    turned = replace(brain, stimuli=replace(brain.stimuli, items=items))
    with pytest.raises(DataError, match=r"features of run .* expected those of the stimuli of sim"):
        matching_features(extracted, turned)


def test_a_features_file_of_other_stimuli_is_refused(prompt, monkeypatch, tmp_path):
    extracted = run_extract(ExtractConfig(model=prompt.uri, brain=BRAIN))
    brain = load_brain(BRAIN, "")
    others = replace(extracted.origin, stimuli="0" * 64)
    spool = Spool(tmp_path, len(brain.stimuli.items))
    spool.put(range(spool.n_stimuli), list(extracted.read().values()))
    spool.write(others, tmp_path)
    path = tmp_path / FILE
    monkeypatch.setattr("pipeline.tracking.stages.extract.artifact", lambda *_: path)
    with pytest.raises(DataError, match=r"Run extract again"):
        matching_features(extracted, brain)


def test_features_that_were_damaged_are_computed_again(prompt):
    config = ExtractConfig(model=prompt.uri, brain=BRAIN, pooling="last")
    first = run_extract(config)
    path = artifact(first.run_id, FILE)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(RegistryError, match=r"features.safetensors changed. Run that stage"):
        first.read()
    again = run_extract(config)
    assert again.run_id != first.run_id
    assert again.read()
