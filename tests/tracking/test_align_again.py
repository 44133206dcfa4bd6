"""Alignments share what was computed before, and mix nothing of two versions or two attempts."""

import pandas as pd
import pytest
from quick_alignment import BRAIN, QUICK

from pipeline.alignment.dataset.subject_rois import align_rois
from pipeline.config import AlignConfig
from pipeline.tracking.registered import resolve
from pipeline.tracking.runs import find_runs
from pipeline.tracking.stages.align import stage
from pipeline.tracking.stages.align.stage import run_align
from pipeline.tracking.stages.tune.stage import run_tune

#: Of an alignment whose scores nobody looks at.
LEAST = {"folds": 2, "inner_folds": 2, "trials": 1}


def test_alignment_reuses_features_and_itself(aligned, prompt, caplog):
    extractions = f"tags.stage = 'extract' and params.model = '{prompt.uri}'"
    before = len(find_runs(extractions))
    again = run_align(AlignConfig(model=prompt.uri, brain=BRAIN, **QUICK))
    assert again == aligned
    assert len(find_runs(extractions)) == before


def test_an_alias_that_moves_meanwhile_does_not_mix_two_versions(
    prompt, config_of, few_sentences, client, monkeypatch
):
    settings = {"prompt_length": 4, "learning_rate": 1e-9}
    other = run_tune(config_of("tiny-gpt2", "summarization", "prompt", **settings))
    client.set_registered_model_alias(prompt.name, "prompt", prompt.version)
    plan = stage.make_plan

    def meanwhile(config, brain):
        client.set_registered_model_alias(prompt.name, "prompt", other.version)
        return plan(config, brain)

    monkeypatch.setattr(stage, "make_plan", meanwhile)
    uri = f"models:/{prompt.name}@prompt"
    aligned = run_align(AlignConfig(model=uri, **few_sentences, **LEAST, seed=11, nuisance=False))
    client.set_registered_model_alias(prompt.name, "prompt", prompt.version)
    runs = [client.get_run(run_id) for run_id in (aligned.run_id, aligned.extract_run)]
    assert [run.data.params["model"] for run in runs] == [prompt.uri, prompt.uri]


def test_the_brain_dataset_is_read_once_an_alignment(prompt, few_sentences, monkeypatch):
    read = []
    load = stage.load_brain

    def counted(*named):
        read.append(named)
        return load(*named)

    for place in ("pipeline.brains.load", "pipeline.tracking.stages.extract"):
        monkeypatch.setattr(f"{place}.load_brain", counted)
    monkeypatch.setattr(stage, "load_brain", counted)
    run_align(AlignConfig(model=prompt.uri, **few_sentences, **LEAST, seed=12))
    assert len(read) == 1


def test_a_version_shows_the_alignment_that_was_asked_for_last(prompt, few_sentences):
    def on_view():
        tags = resolve(prompt.uri).tags
        return tags[f"{BRAIN}/align_run"], tags["brain_scores"]

    first, other = (
        AlignConfig(model=prompt.uri, **few_sentences, **LEAST, seed=seed, nuisance=False)
        for seed in (13, 14)
    )
    aligned = run_align(first)
    scores = on_view()
    assert scores[0] == aligned.run_id
    again = run_align(other, in_registry=False)  # another specification of a study
    assert on_view() == scores
    assert run_align(other) == again  # is asked for by itself, and reused
    assert on_view()[0] == again.run_id
    assert on_view()[1] != scores[1]
    run_align(first)
    assert on_view() == scores


def test_all_models_in_the_same_folds_share_one_reference(aligned, full, client):
    other = run_align(AlignConfig(model=full.uri, brain=BRAIN, **QUICK))
    tags = [client.get_run(run.run_id).data.tags for run in (aligned, other)]
    assert tags[0]["reference"] == tags[1]["reference"]
    pd.testing.assert_frame_equal(aligned.ceilings(), other.ceilings())


def test_where_the_work_is_done_does_not_make_it_another_alignment(aligned, prompt):
    elsewhere = {"workers": 2, "threads": 2}
    assert run_align(AlignConfig(model=prompt.uri, brain=BRAIN, **QUICK, **elsewhere)) == aligned


def test_what_was_finished_before_a_crash_is_not_computed_again(
    prompt, few_sentences, store, monkeypatch
):
    once = {**LEAST, "seed": 5, "nuisance": False, "workers": 1}
    config = AlignConfig(model=prompt.uri, **few_sentences, **once)
    computed, before = [], set((store / "unfinished").glob("*"))

    def breaks(some, features, settings):
        if len(computed) == 2:
            raise OSError("the power is gone")
        computed.append(some)
        return align_rois(some, features, settings)

    with monkeypatch.context() as broken:
        broken.setattr("pipeline.alignment.dataset.plan.align_rois", breaks)
        with pytest.raises(OSError, match="the power is gone"):
            run_align(config)
    (own,) = set((store / "unfinished").glob("*")) - before
    assert len(list(own.rglob("*.parquet"))) == 2
    with monkeypatch.context() as counting:
        computed.clear()
        counting.setattr("pipeline.alignment.dataset.plan.align_rois", breaks)
        table = run_align(config).scores()
    assert len(computed) == 1
    assert set(table.subject) == {"sim1", "sim2", "sim3"}
    assert not own.exists()
    whole = run_align(config.model_copy(update={"rois_per_unit": 4})).scores()
    pd.testing.assert_frame_equal(table, whole)
