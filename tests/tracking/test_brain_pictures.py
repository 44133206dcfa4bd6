"""A brain whose voxels have places is drawn beside its maps, with the voxels that pass."""

import csv

import nibabel
import numpy as np
import pytest

from pipeline.config import AlignConfig
from pipeline.tracking.lineage import Link
from pipeline.tracking.runs import artifact
from pipeline.tracking.stages.align.stage import MAPS, run_align
from pipeline.tracking.stages.report.voxel_contrasts import voxel_contrasts, write_contrast_maps

pytestmark = pytest.mark.slow  # importing nilearn alone takes five seconds
PASSAGES = [f"p{n}" for n in range(24) for _ in range(2)]
SENTENCES = [f"the {name} is {kind} ." for name, kind in zip(PASSAGES, "xy" * 24, strict=True)]

PLACES = np.argwhere(np.ones((4, 4, 4))) * 3.0


@pytest.fixture
def folder(tmp_path):
    """Write responses of two subjects to sentences; only the first one's voxels have places."""
    with (tmp_path / "stimuli.csv").open("w", encoding="utf-8", newline="") as file:
        rows = zip(SENTENCES, PASSAGES, strict=True)
        csv.writer(file).writerows([("text", "group"), *rows])
    rng = np.random.default_rng(0)
    regions = {"roi/front": np.arange(40), "roi/back": np.arange(30, 64)}  # some lie in both
    for name, known in (("s1", {"coordinates": PLACES}), ("s2", {})):
        np.savez(tmp_path / f"{name}.npz", responses=rng.normal(size=(48, 64)), **regions, **known)
    return tmp_path


@pytest.fixture
def align(folder):
    """Align a model with these subjects, with maps; give its link in a study."""

    def run(model):
        settings = {"folds": 3, "inner_folds": 2, "trials": 2, "nuisance": False, "maps": True}
        config = {"model": model.uri, "brain": "arrays", "brain_dir": str(folder), **settings}
        aligned = run_align(AlignConfig.model_validate(config))
        runs = (model.run_id, aligned.extract_run, aligned.run_id)
        return Link(model.uri, *runs, aligned.brain, simulated=False)

    return run


def test_a_subject_whose_voxels_have_places_gets_a_picture_and_models_can_be_compared(
    prompt, full, align, tmp_path
):
    links = {model.uri: align(model) for model in (prompt, full)}
    folders = [artifact(link.align_run, MAPS) for link in links.values()]
    drawing = (folders[0] / "s1" / "brain.svg").read_text(encoding="utf-8")
    assert "of 64 voxels (false discovery rate 0.05)" in drawing
    assert (folders[0] / "s1" / "front_r.nii.gz").is_file()
    assert not (folders[0] / "s2" / "brain.svg").exists()

    voxels = voxel_contrasts(list(links.values()), {m.uri: m for m in (prompt, full)})
    np.testing.assert_array_equal(voxels[["x", "y", "z"]], PLACES)
    ours, theirs = (np.load(maps / "s1" / "front_r.npy").mean(axis=0) for maps in folders)
    np.testing.assert_allclose(voxels.difference[:30], (ours - theirs)[:30], atol=1e-6)

    write_contrast_maps(voxels, tmp_path / "contrasts")
    (whole,) = (tmp_path / "contrasts").glob("*-prompt-full.nii.gz")
    image = nibabel.load(whole)
    at = nibabel.affines.apply_affine(np.linalg.inv(image.affine), PLACES).round().astype(int)
    np.testing.assert_allclose(image.get_fdata()[tuple(at.T)], voxels.difference, atol=1e-6)
