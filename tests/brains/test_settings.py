"""Settings of prepare reach the brains that know them; all others refuse them by name."""

import numpy as np
import pereira_files
import pytest
from array_folders import load as load_arrays
from array_folders import write as write_arrays
from bold5000_files import load as load_bold5000
from bold5000_files import write_nifti, write_release
from brain_settings import brain_settings
from nifti_files import load as load_nifti
from nifti_files import masks, write_folder
from pydantic import ValidationError

from pipeline.brains import BRAINS
from pipeline.config import PrepareConfig, load_config
from pipeline.errors import ConfigError, DataError
from pipeline.tracking.catalogue import catalogue

OTHER = {
    "seed": 1, "n_subjects": 4, "n_stimuli": 8, "n_voxels": 3, "effect": 2.0, "group_noise": 1.0,
    "white_noise": 1.0, "n_repeats": 3, "subjects": ("a",), "rois": ("b",), "max_unusable": 0.1,
    "groups": "source", "hemispheres": "apart", "tr": "2", "zscore": "none", "image_size": 8,
    "image_dir": "d", "atlas": "a.nii", "labels": "l.csv",
}  # fmt: skip


def test_every_setting_of_prepare_is_known_to_a_brain():
    own = {"brain", "brain_dir"}
    assert set(OTHER) == set(PrepareConfig.model_fields) - own
    assert frozenset().union(*(brain.known for brain in BRAINS.values())) == set(OTHER)


@pytest.mark.parametrize("brain", BRAINS.values(), ids=lambda brain: brain.name)
def test_settings_that_a_brain_does_not_know_are_refused_by_name_all_at_once(brain, tmp_path):
    unknown = {name: value for name, value in OTHER.items() if name not in brain.known}
    with pytest.raises(ConfigError) as refusal:
        brain.load(brain_settings(tmp_path, **unknown))
    assert {problem.where for problem in refusal.value.problems} == set(unknown)
    assert all(f"'{brain.name}'" in problem.expected for problem in refusal.value.problems)


def test_the_refusal_says_what_the_setting_is_for(tmp_path):
    with pytest.raises(ConfigError, match=r"tr: .*brain 'arrays' knows \(max_unusable, subj.*"
                       r"found tr=4.*Leave tr out. Its help: Volume after"):  # fmt: skip
        BRAINS["arrays"].load(brain_settings(tmp_path, tr="4"))


def test_words_and_numbers_that_cannot_be_are_refused_all_at_once():
    values = {"brain": "nifti", "max_unusable": "-1", "tr": "6", "zscore": "run"}
    with pytest.raises(ConfigError, match=r"(?s)max_unusable: expected.*tr: .*zscore: expected"):
        load_config(PrepareConfig, values, catalogue())


def test_a_command_refuses_settings_that_its_brain_does_not_know_before_anything_is_read():
    values = {"brain": "simulated-sentences", "tr": "4", "n_voxels": "8", "zscore": "session"}
    with pytest.raises(ConfigError, match=r"^tr: expected a setting that brain 'simulated-sent"):
        load_config(PrepareConfig, values, catalogue())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n_voxels", 10**12), ("n_stimuli", 10**12), ("n_subjects", 10**9), ("n_repeats", 10**9),
        ("seed", 2**32), ("seed", -1), ("effect", "inf"), ("effect", "nan"), ("effect", 1e-300),
        ("group_noise", "inf"), ("white_noise", "nan"), ("white_noise", 1e300),
        ("image_size", 10**9), ("max_unusable", "nan"), ("n_voxels", 0.5), ("n_stimuli", 47),
    ],
)  # fmt: skip
def test_numbers_that_no_machine_holds_are_refused_by_field(field, value):
    values = {"brain": "simulated-sentences", field: str(value)}
    with pytest.raises(ConfigError, match=f"^{field}: expected "):
        load_config(PrepareConfig, values, catalogue())


def test_sizes_that_only_together_are_too_large_are_refused_by_field():
    with pytest.raises(ValidationError, match=r"n_subjects\n  at most 62: with n_stimuli 20,000"):
        brain_settings(n_subjects=1000, n_stimuli=20_000)
    with pytest.raises(ValidationError, match=r"n_repeats\n  at most 0: with n_stimuli 20,000"):
        brain_settings(n_voxels=100_000, n_stimuli=20_000)


def test_voxels_without_signal_and_noise_are_refused():
    with pytest.raises(ValidationError, match="above 0 with effect and group_noise 0"):
        brain_settings(effect=0, group_noise=0, white_noise=0)
    for silent in ({"effect": 0}, {"group_noise": 0, "white_noise": 0}):
        data = BRAINS["simulated-sentences"].load(brain_settings(n_stimuli=16, **silent))
        assert all(np.isfinite(subject.values).all() for subject in data.subjects.values())


class TestArrays:
    def test_keep_the_subjects_and_rois_asked_for(self, tmp_path):
        write_arrays(tmp_path, subject="s2", seed=1)
        write_arrays(tmp_path)
        whole, data = load_arrays(tmp_path), BRAINS["arrays"].load(
            brain_settings(tmp_path, subjects=("s2",), rois=("visual",))
        )  # fmt: skip
        assert list(data.subjects) == ["s2"]
        assert data.rois == ("visual",)
        both = whole.subjects["s2"]
        np.testing.assert_array_equal(
            data.subjects["s2"].values, both.values[:, both.rois["visual"]]
        )

    def test_of_another_name_are_refused_all_at_once(self, tmp_path):
        write_arrays(tmp_path)
        request = brain_settings(tmp_path, rois=("visul", "x"))
        with pytest.raises(
            ConfigError, match=r"(?s)rois: visul: .*mean 'visual'\?.*rois: x: expec"
        ):
            BRAINS["arrays"].load(request)
        with pytest.raises(ConfigError, match=r"subjects: s3: expected one of those in .*s1"):
            BRAINS["arrays"].load(brain_settings(tmp_path, subjects=("s3",)))

    def test_may_lose_as_many_voxels_as_allowed(self, tmp_path):
        values = np.random.default_rng(0).standard_normal((6, 8))
        values[0, :3] = np.nan
        write_arrays(tmp_path, responses=values)
        data = BRAINS["arrays"].load(brain_settings(tmp_path, max_unusable=0.75))
        assert data.subjects["s1"].left_out == {"language": 3}
        with pytest.raises(DataError, match=r"ROI language: expected at most 70% .* found 3 of 4"):
            BRAINS["arrays"].load(brain_settings(tmp_path, max_unusable=0.7))
        values[0, 3] = np.nan
        write_arrays(tmp_path, responses=values)
        with pytest.raises(DataError, match=r"never all; found 4 of 4"):
            BRAINS["arrays"].load(brain_settings(tmp_path, max_unusable=1.0))

    def test_a_stimulus_without_any_number_is_named_as_the_cause(self, tmp_path):
        values = np.random.default_rng(0).standard_normal((6, 8))
        values[2] = np.nan
        write_arrays(tmp_path, responses=values)
        with pytest.raises(DataError, match=r"No voxel of it has a number for 1 of \d stimuli"):
            BRAINS["arrays"].load(brain_settings(tmp_path))


class TestPereira:
    def test_topics_are_groups_and_the_same_one_in_both_experiments(self, tmp_path):
        pereira_files.one(tmp_path)
        pereira_files.one(tmp_path, name=pereira_files.N243, n=243)
        data = pereira_files.load(tmp_path, "627", groups="topic")
        assert set(data.stimuli.groups) == {"fruit", "body-part", "crime"}
        assert data.stimuli.groups[0] == data.stimuli.groups[384] == "fruit"
        with pytest.raises(ConfigError, match="groups: expected passage or topic for 384"):
            pereira_files.load(tmp_path, "384", groups="source")

    def test_subjects_are_chosen_among_those_with_the_experiment(self, tmp_path):
        pereira_files.one(tmp_path, "P01")
        pereira_files.one(tmp_path, "M02", seed=2)
        pereira_files.one(tmp_path, "M03", name=pereira_files.N243, n=243)
        assert list(pereira_files.load(tmp_path, "384", subjects=("P01",)).subjects) == ["P01"]
        with pytest.raises(ConfigError, match=r"subjects: M03: .*384sentences; .*Known: M02, P01"):
            pereira_files.load(tmp_path, "384", subjects=("M03",))


class TestBold5000:
    def test_only_the_regions_asked_for_are_read(self, tmp_path):
        write_release(tmp_path)
        whole, some = load_bold5000(tmp_path), load_bold5000(tmp_path, rois=("LOC", "OPA"))
        assert some.rois == ("LOC", "OPA")
        for roi in some.rois:
            one, other = whole.subjects["CSI2"], some.subjects["CSI2"]
            np.testing.assert_array_equal(
                one.values[:, one.rois[roi]], other.values[:, other.rois[roi]]
            )
        apart = load_bold5000(tmp_path, rois=("LHPPA",), hemispheres="apart")
        assert apart.rois == ("LHPPA",)

    def test_pictures_may_lie_elsewhere(self, tmp_path):
        write_release(tmp_path / "a")
        before = load_bold5000(tmp_path / "a").digest
        (tmp_path / "a/BOLD5000_Stimuli/Scene_Stimuli/Presented_Stimuli").rename(tmp_path / "b")
        with pytest.raises(DataError, match="4 missing"):
            load_bold5000(tmp_path / "a")
        assert load_bold5000(tmp_path / "a", image_dir=tmp_path / "b").digest == before


class TestNifti:
    def test_an_atlas_elsewhere_serves_instead_of_the_masks(self, tmp_path):
        folder = write_folder(tmp_path / "data")
        numbers = masks()["V1"] * 7 + masks()["V2"] * 3
        atlas = write_nifti(tmp_path / "published/atlas.nii.gz", numbers, dtype=np.int16)
        (tmp_path / "published/labels.csv").write_text("index,name\n7,seven\n3,three\n")
        data = load_nifti(folder, atlas=atlas)
        assert data.rois == ("seven", "three")
        masked = load_nifti(folder).subjects["sub-01"]
        by_atlas = data.subjects["sub-01"]
        np.testing.assert_array_equal(
            by_atlas.values[:, by_atlas.rois["seven"]], masked.values[:, masked.rois["V1"]]
        )
        (tmp_path / "my.csv").write_text("index,name\n3,other\n")
        assert load_nifti(folder, atlas=atlas, labels=tmp_path / "my.csv").rois == ("other",)
        assert load_nifti(folder, atlas=atlas, rois=("three",)).rois == ("three",)
        with pytest.raises(DataError, match=r"missing\.nii: expected this NIfTI file"):
            load_nifti(folder, atlas=tmp_path / "missing.nii", labels=tmp_path / "my.csv")

    def test_of_masks_only_those_asked_for_are_read(self, tmp_path):
        folder = write_folder(tmp_path)
        (folder / "sub-01/masks/V2.nii.gz").write_bytes(b"damaged")
        assert load_nifti(folder, rois=("V1",)).rois == ("V1",)
