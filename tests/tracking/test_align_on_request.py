"""An alignment gives p values, maps of voxels, another width or objective only on request."""

import mlflow
import numpy as np
import pytest
from pydantic import ValidationError

from entrypoints import align as entrypoint
from pipeline.brains.load import load_brain
from pipeline.config import AlignConfig
from pipeline.tracking.runs import artifact
from pipeline.tracking.stages.align.aligned import MAPS
from pipeline.tracking.stages.align.stage import run_align

QUICK = {"folds": 2, "inner_folds": 2, "trials": 2}
EXTRAS = {"permutations": 19, "maps": True, "partition": True, "objective": "correlation"}


@pytest.fixture(scope="module")
def settings(vpt, few_pictures):
    return {**few_pictures, **QUICK, **EXTRAS, "model": vpt.uri}


@pytest.fixture(scope="module")
def brain(few_pictures):
    return load_brain("prepared", few_pictures["brain_dir"])


@pytest.fixture(scope="module")
def with_extras(settings):
    return run_align(AlignConfig.model_validate(settings))


def test_every_subject_direction_and_roi_has_a_p_value(with_extras, brain, client):
    p_values = with_extras.p_values()
    assert len(p_values) == len(brain.subjects) * 2 * len(brain.rois)
    assert p_values.p.between(1 / 20, 1).all()
    assert (p_values.null_mean - 0.5).abs().max() < 0.1
    metrics = client.get_run(with_extras.run_id).data.metrics
    for row in p_values.itertuples():
        assert metrics[f"{row.direction}_p/{row.roi}/{row.subject}"] == pytest.approx(row.p)


def test_null_scores_are_stored_and_tests_over_all_subjects_rest_on_them(with_extras, client):
    nulls, joint = with_extras.nulls(), with_extras.joint_p_values()
    assert nulls.two_vs_two.dtype == np.float32
    assert set(nulls.permutation) == set(range(20))
    cells = nulls.groupby(["subject", "direction", "roi"], sort=False).size()
    assert (cells == 20).all()
    assert (joint.p_family >= joint.p - 1e-12).all()
    metrics = client.get_run(with_extras.run_id).data.metrics
    for row in joint.itertuples():
        assert metrics[f"{row.direction}_joint_p/{row.roi}"] == pytest.approx(row.p)


def test_scores_beside_2v2_are_logged_for_every_roi(with_extras, brain, client):
    fits = with_extras.fit_scores()
    assert len(fits) == len(brain.subjects) * len(brain.rois) * QUICK["folds"]
    metrics = client.get_run(with_extras.run_id).data.metrics
    for roi, rows in fits.groupby("roi"):
        for score in ("voxel_r", "voxel_r2", "rsa_pearson", "rsa_cosine", "cka"):
            assert metrics[f"encoding_{score}/{roi}"] == pytest.approx(rows[score].mean())


def test_r2_is_parted_between_model_and_nuisance_features(with_extras, brain, client):
    parts = with_extras.partition()
    assert len(parts) == len(brain.subjects) * len(brain.rois) * QUICK["folds"]
    assert parts.layer.tolist() == with_extras.fit_scores().layer.tolist()
    metrics = client.get_run(with_extras.run_id).data.metrics
    for roi, rows in parts.groupby("roi"):
        mean = rows.unique_model_r2.mean()
        assert metrics[f"encoding_unique_model_r2/{roi}"] == pytest.approx(mean)


def test_a_partition_needs_nuisance_features():
    with pytest.raises(ValidationError, match="true with partition"):
        AlignConfig.model_validate(
            {"model": "m", "brain": "b", "partition": True, "nuisance": False}
        )


def test_maps_hold_r_of_every_voxel_of_every_roi(with_extras, brain):
    folder = artifact(with_extras.run_id, MAPS)
    for name, subject in brain.subjects.items():
        for roi, columns in subject.rois.items():
            r = np.load(folder / name / f"{roi}_r.npy")
            assert r.shape == (QUICK["folds"], len(columns))
            assert np.abs(r).max() <= 1
            assert np.isfinite(np.load(folder / name / f"{roi}_r2.npy")).all()
    assert (folder / "maps.csv").is_file()


def test_the_command_prints_p_values_and_where_the_maps_are(with_extras, settings, capsys):
    options = [f"--{name}={value}" for name, value in settings.items()]
    entrypoint.main(options)
    printed = capsys.readouterr().out
    assert "p values" in printed
    assert MAPS in printed


@pytest.mark.slow  # permutations of every fold
def test_a_width_reduces_features_beside_nuisance_and_in_permutations_too(settings):
    narrow = {**settings, "width": 8, "permutations": 9}
    aligned = run_align(AlignConfig.model_validate(narrow))
    assert not aligned.unique().empty
    assert aligned.p_values().p.between(0.1, 1).all()
    assert aligned.partition().both_r2.notna().all()
    assert aligned.scores().two_vs_two.between(0, 1).all()
    assert mlflow.get_run(aligned.run_id).data.params["width"] == "8"
