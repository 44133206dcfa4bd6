"""A prepared dataset is shown, kept, and aligned with like the original."""

import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.brains.load import load_brain
from pipeline.config import AlignConfig, PrepareConfig
from pipeline.errors import ConfigError, DataError
from pipeline.tracking.runs import find_runs
from pipeline.tracking.stages.align.stage import run_align
from pipeline.tracking.stages.prepare import run_prepare

sys.path.append(str(Path(__file__).parents[1] / "brains"))
from bold5000_files import write_release

SETTINGS = {"n_subjects": 2, "n_stimuli": 96, "n_voxels": 30, "effect": 4.0}


@pytest.fixture(scope="module")
def prepared(store):
    return run_prepare(PrepareConfig(brain="simulated-pictures", **SETTINGS))


def test_the_table_counts_what_was_found(prepared):
    assert prepared.text.startswith("simulated-pictures: simulated by this package")
    for word in ("sim1", "sim2", "LOC", "OPA", "EarlyVis", "30", "96"):
        assert word in prepared.text
    assert max(len(line) for line in prepared.text.splitlines()) <= 100


def test_table_figure_and_copy_are_logged(prepared, client):
    names = {item.path for item in client.list_artifacts(prepared.run_id)}
    tables = {"prepared", "overview.txt", "overview.csv"}
    assert tables | {"regions.png", "responses.png", "stimuli.png"} <= names
    run = client.get_run(prepared.run_id)
    assert run.data.tags["stage"] == "prepare"
    assert run.data.metrics == {"subjects": 2, "stimuli": 96}


def test_the_copy_is_mapped_and_keeps_its_name(prepared):
    copy = load_brain("prepared", str(prepared.folder))
    assert copy.name == "simulated-pictures"
    assert copy.simulated
    assert isinstance(copy.subjects["sim1"].values, np.memmap)


def test_a_prepared_copy_is_aligned_with(prepared, vpt, client):
    quick = {"folds": 3, "inner_folds": 2, "trials": 2}
    config = AlignConfig(model=vpt.uri, brain="prepared", brain_dir=str(prepared.folder), **quick)
    aligned = run_align(config)
    assert client.get_run(aligned.run_id).data.tags["brain"] == "simulated-pictures"
    assert set(aligned.scores().subject) == {"sim1", "sim2"}
    counted = aligned.ceilings().groupby("kind").size().to_dict()
    assert counted == {"split-half": 2 * 3, "across-subjects": 2 * 3}


def test_the_same_data_is_prepared_once(prepared):
    again = run_prepare(PrepareConfig(brain="simulated-pictures", **SETTINGS))
    assert again.run_id == prepared.run_id


def test_a_stronger_effect_raises_the_ceiling(prepared):
    def ceiling(made):
        metric = made.text.splitlines()
        return np.mean([float(line.split()[-1]) for line in metric if line.startswith("sim1")])

    weak = run_prepare(PrepareConfig(brain="simulated-pictures", **{**SETTINGS, "effect": 0.1}))
    assert ceiling(prepared) > ceiling(weak) + 0.1


def test_settings_of_the_loader_reach_the_copy_and_all_that_aligns_with_it(store, tmp_path):
    write_release(tmp_path)
    files = {"brain": "bold5000", "brain_dir": str(tmp_path), "image_size": 8}
    config = PrepareConfig(**files, hemispheres="apart", rois="LHPPA, RHOPA", subjects="CSI2")
    prepared = run_prepare(config)
    copy = load_brain("prepared", str(prepared.folder))
    assert copy.rois == ("LHPPA", "RHOPA")
    assert list(copy.subjects) == ["CSI2"]
    assert copy.stimuli.items.shape[1:] == (8, 8, 3)
    assert run_prepare(PrepareConfig(**files)).run_id != prepared.run_id


def test_a_setting_that_the_brain_does_not_know_fails_its_run(store):
    config = PrepareConfig(brain="simulated-pictures", tr="2", zscore="none")
    with pytest.raises(ConfigError, match=r"(?s)2 problems.*tr=2.*zscore=none"):
        run_prepare(config)


def test_rois_of_one_voxel_are_kept_unless_they_are_left_out(store, tmp_path):
    rng = np.random.default_rng(0)
    texts = "".join(f"sentence {n},p{n // 4}\n" for n in range(24))
    (tmp_path / "stimuli.csv").write_text(f"text,group\n{texts}", encoding="utf-8")
    for subject, sizes in {"P01": (4, 1, 1), "P02": (4, 1, 3)}.items():
        ends = np.cumsum(sizes)
        rois = {
            f"roi/{name}": np.arange(end - size, end)
            for name, size, end in zip(("language", "peak", "edge"), sizes, ends, strict=True)
        }
        responses = rng.standard_normal((24, ends[-1])).astype(np.float32)
        np.savez(tmp_path / f"{subject}.npz", responses=responses, **rois)
    files = {"brain": "arrays", "brain_dir": str(tmp_path)}
    assert run_prepare(PrepareConfig(**files)).text.count("peak") == 2
    assert run_prepare(PrepareConfig(**files, rois="language")).text.count("language") == 2


def test_data_that_cannot_be_read_fails_its_run(store, tmp_path):
    with pytest.raises(DataError, match=r"stimuli.csv"):
        run_prepare(PrepareConfig(brain="arrays", brain_dir=str(tmp_path)))
    failed = find_runs("attributes.status = 'FAILED' and tags.stage = 'prepare'")
    assert "stimuli.csv" in failed[0].data.tags["error"]
