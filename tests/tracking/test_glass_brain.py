"""A brain whose voxels have places is drawn beside its maps, with the voxels that pass."""

import csv

import numpy as np
import pytest

from pipeline.config import AlignConfig
from pipeline.tracking.runs import artifact
from pipeline.tracking.stages.align.stage import MAPS, run_align

pytestmark = pytest.mark.slow  # importing nilearn alone takes five seconds
PASSAGES = [f"p{n}" for n in range(24) for _ in range(2)]
SENTENCES = [f"the {name} is {kind} ." for name, kind in zip(PASSAGES, "xy" * 24, strict=True)]


@pytest.fixture
def folder(tmp_path):
    """Write responses of two subjects to sentences; only the first one's voxels have places."""
    with (tmp_path / "stimuli.csv").open("w", encoding="utf-8", newline="") as file:
        rows = zip(SENTENCES, PASSAGES, strict=True)
        csv.writer(file).writerows([("text", "group"), *rows])
    rng = np.random.default_rng(0)
    places = np.argwhere(np.ones((4, 4, 4))) * 3.0
    regions = {"roi/front": np.arange(40), "roi/back": np.arange(30, 64)}  # some lie in both
    for name, known in (("s1", {"coordinates": places}), ("s2", {})):
        np.savez(tmp_path / f"{name}.npz", responses=rng.normal(size=(48, 64)), **regions, **known)
    return tmp_path


def test_a_subject_whose_voxels_have_places_gets_a_glass_brain(prompt, folder):
    settings = {"folds": 3, "inner_folds": 2, "trials": 2, "nuisance": False, "maps": True}
    config = {"model": prompt.uri, "brain": "arrays", "brain_dir": str(folder), **settings}
    maps = artifact(run_align(AlignConfig.model_validate(config)).run_id, MAPS)
    drawing = (maps / "s1" / "glass_brain.svg").read_text(encoding="utf-8")
    assert "of 64 voxels (false discovery rate 0.05)" in drawing
    assert (maps / "s1" / "front_r.nii.gz").is_file()
    assert not (maps / "s2" / "glass_brain.svg").exists()
