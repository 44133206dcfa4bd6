"""Alignment pulls a version, scores it per ROI and subject, and says so on the model."""

from dataclasses import replace

import mlflow
import numpy as np
import pandas as pd
import pytest

from pipeline.alignment import best_layers, mean_within
from pipeline.alignment.dataset.plan import make_plan
from pipeline.alignment.dataset.subject_rois import align_rois
from pipeline.brains.load import load_brain
from pipeline.config import AlignConfig, ExtractConfig
from pipeline.errors import AlignmentError, ConfigError, DataError, RegistryError
from pipeline.extraction.spool import Spool
from pipeline.extraction.store import FILE
from pipeline.tracking.registered import resolve
from pipeline.tracking.runs import artifact, find_runs
from pipeline.tracking.stages.align import stage
from pipeline.tracking.stages.align.records import share_at_border
from pipeline.tracking.stages.align.stage import matching_features, run_align
from pipeline.tracking.stages.extract import run_extract
from pipeline.tracking.stages.tune.stage import run_tune

BRAIN = "simulated-sentences"
QUICK = {"folds": 3, "inner_folds": 3, "trials": 4}
ROIS = ("language", "dmn", "task", "visual")


@pytest.fixture(scope="module")
def aligned(prompt):
    return run_align(AlignConfig(model=f"models:/{prompt.name}@prompt", brain=BRAIN, **QUICK))


def test_every_roi_subject_layer_and_fold_is_scored_in_both_directions(aligned):
    scores = aligned.scores()
    assert len(scores) == 3 * 2 * 4 * 5 * 3  # subjects, directions, ROIs, layers, folds
    assert scores.two_vs_two.between(0, 1).all()
    assert set(scores.roi) == set(ROIS)


def test_sums_over_pairs_of_groups_agree_with_the_scores_of_every_source(aligned):
    """Of the layer chosen in each fold; of every kind of nuisance features."""
    cell = ["source", "subject", "direction", "roi", "layer", "fold"]
    totals = aligned.pair_sums().groupby(cell)[["wins", "pairs"]].sum()
    scores, every = aligned.every_score(), aligned.every_score().set_index(cell).two_vs_two
    assert set(totals.index.unique("source")) == {"model", "both", "nuisance"}
    np.testing.assert_allclose(totals.wins / totals.pairs, every.loc[totals.index])
    chosen = best_layers(scores[scores.source == "model"]).set_index(cell).index
    assert set(chosen) == set(totals.loc[["model"]].index)


def test_the_run_and_the_model_carry_the_means(aligned, prompt, client):
    chosen = best_layers(aligned.scores())
    run = client.get_run(aligned.run_id)
    assert {"stage": "align", "brain": BRAIN, "method": "prompt"}.items() <= run.data.tags.items()
    logged = {m.key: m for m in mlflow.get_logged_model(prompt.model_id).metrics}
    for direction in ("encoding", "decoding"):
        for roi in ROIS:
            rows = chosen[(chosen.direction == direction) & (chosen.roi == roi)]
            by_subject = rows.groupby("subject").two_vs_two.mean()
            key = f"{direction}_2v2/{roi}"
            assert run.data.metrics[key] == pytest.approx(by_subject.mean())
            assert logged[key].value == pytest.approx(by_subject.mean())
            assert logged[key].dataset_name == BRAIN
            assert run.data.metrics[f"{key}/sim2"] == pytest.approx(by_subject["sim2"])
            tag = resolve(prompt.uri).tags[f"{BRAIN}/{key}"]
            assert float(tag) == pytest.approx(by_subject.mean(), abs=1e-4)


def test_the_mean_over_rois_is_a_metric_of_the_run_and_of_the_model(aligned, prompt, client):
    metrics = client.get_run(aligned.run_id).data.metrics
    logged = {m.key: m.value for m in mlflow.get_logged_model(prompt.model_id).metrics}
    for direction in ("encoding", "decoding"):
        mean = np.mean([metrics[f"{direction}_2v2/{roi}"] for roi in ROIS])
        assert metrics[f"mean/{direction}_2v2"] == pytest.approx(mean)
        assert logged[f"mean/{direction}_2v2"] == pytest.approx(mean)


def test_the_first_letters_of_a_runs_name_tell_it_from_others(aligned, prompt, client):
    names = {client.get_run(i).info.run_name for i in (aligned.run_id, aligned.extract_run)}
    names.add(client.get_run(prompt.run_id).info.run_name)
    assert len({name[:18] for name in names}) == 3
    assert all(name.startswith("prompt ") for name in names)


def test_hard_pairs_ranks_and_borders_are_logged_beside_the_means(aligned, prompt, client):
    chosen = best_layers(aligned.scores())
    metrics = client.get_run(aligned.run_id).data.metrics
    assert metrics["alpha_at_border"] == pytest.approx(chosen.alpha_at_border.mean())
    rows = chosen[(chosen.direction == "encoding") & (chosen.roi == "dmn")]
    ranks = rows.groupby("subject").rank_accuracy.mean()
    assert metrics["encoding_rank/dmn"] == pytest.approx(ranks.mean())
    within = mean_within(rows, ["subject"])
    assert ("encoding_2v2_within/dmn" in metrics) == (len(within) > 0)
    assert metrics.get("encoding_2v2_within/dmn", 0) == pytest.approx(within.sum() / 3)
    logged = {m.key for m in mlflow.get_logged_model(prompt.model_id).metrics}
    assert "decoding_rank/language" in logged


def test_compare_in_the_registry_shows_the_brain_scores(aligned, prompt, client):
    """Compare reads the metrics of the run that made each version."""
    metrics = client.get_run(prompt.run_id).data.metrics
    assert {f"decoding_2v2/{roi}" for roi in ROIS} <= metrics.keys()


def test_simulated_stands_wherever_the_subjects_do(aligned, client):
    run = client.get_run(aligned.run_id)
    assert "simulated" in run.info.run_name
    assert all("simulated" in d.dataset.name for d in run.inputs.dataset_inputs)


def test_features_are_those_the_version_gives_for_the_stimuli(prompt):
    extracted = run_extract(ExtractConfig(model=prompt.uri, brain=BRAIN))
    layers = extracted.read()
    stimuli = load_brain(BRAIN, "").stimuli.items
    model = mlflow.pyfunc.load_model(prompt.uri)
    expected = model.predict(pd.DataFrame({"text": stimuli}), params={"output": "features"})
    for number, layer in enumerate(layers.values()):
        np.testing.assert_array_equal(layer, expected[:, number])


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


@pytest.mark.parametrize(("at_border", "is_told"), [(2, False), (3, True)])
def test_alphas_on_the_border_are_told_of_where_most_lie_there(caplog, at_border, is_told):
    chosen = pd.DataFrame({"alpha_at_border": np.arange(4) < at_border})
    assert share_at_border(chosen) == at_border / 4
    assert ("a smaller alpha_low or a larger alpha_high" in caplog.text) == is_told


def test_alignment_reuses_features_and_itself(aligned, prompt, caplog):
    extractions = f"tags.stage = 'extract' and params.model = '{prompt.uri}'"
    before = len(find_runs(extractions))
    again = run_align(AlignConfig(model=prompt.uri, brain=BRAIN, **QUICK))
    assert again == aligned
    assert len(find_runs(extractions)) == before


def test_an_alias_that_moves_meanwhile_does_not_mix_two_versions(
    prompt, config_of, client, monkeypatch
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
    aligned = run_align(AlignConfig(model=uri, brain=BRAIN, **QUICK, seed=11, nuisance=False))
    client.set_registered_model_alias(prompt.name, "prompt", prompt.version)
    runs = [client.get_run(run_id) for run_id in (aligned.run_id, aligned.extract_run)]
    assert [run.data.params["model"] for run in runs] == [prompt.uri, prompt.uri]


def test_the_brain_dataset_is_read_once_an_alignment(prompt, monkeypatch):
    read = []
    load = stage.load_brain

    def counted(*named):
        read.append(named)
        return load(*named)

    for place in ("pipeline.brains.load", "pipeline.tracking.stages.extract"):
        monkeypatch.setattr(f"{place}.load_brain", counted)
    monkeypatch.setattr(stage, "load_brain", counted)
    run_align(AlignConfig(model=prompt.uri, brain=BRAIN, **QUICK, seed=12))
    assert len(read) == 1


def test_other_folds_are_another_alignment_of_the_same_features(aligned, prompt):
    settings = {**QUICK, "split": "shuffled"}
    other = run_align(AlignConfig(model=prompt.uri, brain=BRAIN, **settings))
    assert other.run_id != aligned.run_id
    assert other.extract_run == aligned.extract_run
    every = other.every_score()
    assert list(dict.fromkeys(every[every.source == "model"].split)) == ["shuffled", "grouped"]
    assert set(other.scores().split) == {"shuffled"}
    beside = every[(every.source == "model") & (every.split == "grouped")]
    pd.testing.assert_frame_equal(beside.reset_index(drop=True), aligned.scores())
    # only folds that leak can make use of the passage
    assert set(every[every.layer == "nuisance/passage"].split) == {"shuffled"}
    alone, ours = (t[t.source == "nuisance"] for t in (every, aligned.every_score()))
    beside = alone[alone.split == "grouped"].reset_index(drop=True)
    pd.testing.assert_frame_equal(beside, ours.reset_index(drop=True))


def test_every_kind_of_row_is_kept_and_told_apart(aligned, client):
    every = aligned.every_score()
    assert set(every.source) == {"model", "nuisance", "both"}
    assert not every.isna().any(axis=None)
    assert {"nuisance/length", "nuisance/position", "nuisance/all"} < set(every.layer)
    unique = aligned.unique()
    assert len(unique) == 3 * 4 * 3  # subjects, ROIs, folds
    logged = client.get_run(aligned.run_id).data.metrics
    for roi in ROIS:
        mean = unique[unique.roi == roi].unique.mean()
        assert logged[f"unique_2v2/{roi}"] == pytest.approx(mean)


def test_every_alpha_tried_is_logged_with_its_inner_scores(aligned, prompt):
    tried = aligned.alphas()
    assert len(tried) == 3 * 2 * 4 * 4  # subjects, directions, ROIs, trials
    place = ["subject", "direction", "roi", "alpha"]
    chosen = aligned.scores()[place].drop_duplicates()
    assert len(chosen.merge(tried, on=place)) == len(chosen)
    plan = make_plan(AlignConfig(model=prompt.uri, brain=BRAIN, **QUICK), load_brain(BRAIN, ""))
    part = next(plan.parts())
    features = run_extract(ExtractConfig(model=prompt.uri, brain=BRAIN)).read()
    expected = pd.DataFrame(align_rois(part.some, features, part.settings).attrs["trials"])
    found = tried[tried.subject == part.subject].reset_index(drop=True)
    assert set(found.source) == {"model"}
    assert set(found.split) == {"grouped"}
    pd.testing.assert_frame_equal(found[expected.columns], expected)


def test_ceilings_of_every_kind_come_with_the_scores(aligned):
    ceilings = aligned.ceilings()
    assert set(ceilings.kind) == {"split-half", "across-subjects", "extrapolated", "signal"}
    assert set(ceilings.roi) == set(ROIS)


def test_all_models_in_the_same_folds_share_one_reference(aligned, full, client):
    other = run_align(AlignConfig(model=full.uri, brain=BRAIN, **QUICK))
    tags = [client.get_run(run.run_id).data.tags for run in (aligned, other)]
    assert tags[0]["reference"] == tags[1]["reference"]
    pd.testing.assert_frame_equal(aligned.ceilings(), other.ceilings())


def test_where_the_work_is_done_does_not_make_it_another_alignment(aligned, prompt):
    elsewhere = {"workers": 2, "threads": 2}
    assert run_align(AlignConfig(model=prompt.uri, brain=BRAIN, **QUICK, **elsewhere)) == aligned


def test_what_was_finished_before_a_crash_is_not_computed_again(prompt, store, monkeypatch):
    config = AlignConfig(model=prompt.uri, brain=BRAIN, **QUICK, seed=5, nuisance=False, workers=1)
    computed = []

    def breaks(some, features, settings):
        if len(computed) == 2:
            raise OSError("the power is gone")
        computed.append(some)
        return align_rois(some, features, settings)

    with monkeypatch.context() as broken:
        broken.setattr("pipeline.alignment.dataset.plan.align_rois", breaks)
        with pytest.raises(OSError, match="the power is gone"):
            run_align(config)
    kept = list((store / "unfinished").rglob("*.parquet"))
    assert len(kept) == 2
    with monkeypatch.context() as counting:
        computed.clear()
        counting.setattr("pipeline.alignment.dataset.plan.align_rois", breaks)
        table = run_align(config).scores()
    assert len(computed) == 1
    assert set(table.subject) == {"sim1", "sim2", "sim3"}
    assert not list((store / "unfinished").glob("*"))
    whole = run_align(config.model_copy(update={"rois_per_unit": 4})).scores()
    pd.testing.assert_frame_equal(table, whole)


def test_features_of_as_many_other_stimuli_are_refused(aligned, prompt):
    extracted = run_extract(ExtractConfig(model=prompt.uri, brain=BRAIN))
    brain = load_brain(BRAIN, "")
    items = (*brain.stimuli.items[1:], brain.stimuli.items[0])
    turned = replace(brain, stimuli=replace(brain.stimuli, items=items))
    with pytest.raises(DataError, match=r"features of run .* expected those of the stimuli of sim"):
        matching_features(extracted, turned)


def test_a_features_file_of_other_stimuli_is_refused(aligned, prompt, monkeypatch, tmp_path):
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


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("models:/tiny-gpt2-sumarization@prompt", r"Did you mean 'tiny-gpt2-summarization'"),
        ("models:/tiny-gpt2-summarization@promt", r"existing alias.*Did you mean 'prompt'"),
        ("models:/tiny-gpt2-summarization/99", r"existing version.*found '99'"),
    ],
)
def test_a_model_that_is_not_registered_is_refused(prompt, full, uri, message):
    with pytest.raises(RegistryError, match=message):
        run_align(AlignConfig(model=uri, brain=BRAIN))


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
