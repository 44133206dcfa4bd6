"""Brain data that cannot be right is refused when it is made, with every reason at once."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.brains import BRAINS, BrainDataset, Responses, Stimuli
from pipeline.errors import DataError

N_STIMULI, N_VOXELS = 6, 5


def stimuli(n=N_STIMULI):
    return Stimuli(
        tuple(f"sentence {i}" for i in range(n)), np.array([f"p{i // 2}" for i in range(n)])
    )


def responses(**changes):
    rng = np.random.default_rng(0)
    sound = Responses(
        values=rng.normal(size=(N_STIMULI, N_VOXELS)).astype(np.float32),
        rois={"language": np.array([0, 1]), "visual": np.array([2, 3, 4])},
    )
    return replace(sound, **changes)


def dataset(stimuli_=None, **changes):
    return BrainDataset(
        name="a brain",
        stimuli=stimuli_ or stimuli(),
        subjects={"s1": responses(**changes)},
        source="a test",
    )


def spoiled(column, value):
    values = responses().values.copy()
    values[:, column] = value
    return values


def test_sound_data_is_accepted():
    made = dataset()
    assert made.rois == ("language", "visual")
    assert made.stimuli.modality == "text"
    assert not made.simulated


def test_a_dataset_needs_a_subject():
    with pytest.raises(DataError, match="at least one subject"):
        BrainDataset("a brain", stimuli(), {}, "a test")


def test_every_stimulus_needs_a_group():
    ungrouped = Stimuli(stimuli().items, np.array(["p0"]))
    with pytest.raises(DataError, match="one group for each of 6 stimuli; found 1 groups"):
        dataset(ungrouped)


@pytest.mark.parametrize("shape", [(5, 5), (6,), (2, 6, 5)])
def test_responses_need_one_row_a_stimulus(shape):
    with pytest.raises(DataError, match="one row for each of 6 stimuli; found an array of shape"):
        dataset(values=np.ones(shape, dtype=np.float32))


def test_a_subject_needs_a_region():
    with pytest.raises(DataError, match="s1: ROIs: expected at least one; found none"):
        dataset(rois={})


@pytest.mark.parametrize(
    ("columns", "message"), [([], "no columns"), ([3, 5], "3 to 5"), ([-1, 2], "-1 to 2")]
)
def test_voxel_columns_lie_within_the_responses(columns, message):
    with pytest.raises(DataError, match=f"columns within 0 to 4; found {message}.*MATLAB"):
        dataset(rois={"visual": np.array(columns, dtype=np.int64)})


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_voxels_are_finite(value):
    with pytest.raises(DataError, match=r"ROI visual: expected finite.*in 1 of 3 voxels"):
        dataset(values=spoiled(3, value))


def test_voxels_vary():
    with pytest.raises(DataError, match=r"ROI language: expected voxels that vary.*1 of 2"):
        dataset(values=spoiled(0, 1.5))


def test_voxels_outside_every_region_may_be_anything():
    assert dataset(values=spoiled(4, np.nan), rois={"visual": np.array([2, 3])})


def test_repeats_have_all_stimuli_and_voxels():
    with pytest.raises(DataError, match=r"repeats: expected shape \(n_repeats, 6, 5\)"):
        dataset(repeats=np.ones((2, 6, 4), dtype=np.float32))


def test_repeats_are_finite():
    repeats = np.full((2, N_STIMULI, N_VOXELS), np.nan, dtype=np.float32)
    with pytest.raises(DataError, match="repeats: expected finite responses"):
        dataset(repeats=repeats)


def test_all_problems_are_told_at_once():
    with pytest.raises(DataError, match="2 problems") as refusal:
        dataset(Stimuli(stimuli().items, np.array(["p0"])), values=spoiled(3, np.nan))
    assert len(refusal.value.problems) == 2


def test_the_digest_sees_everything_that_scores_depend_on():
    sound = dataset()
    other_groups = Stimuli(stimuli().items, np.array(["p0"] * N_STIMULI))
    repeats = np.stack([responses().values] * 2)
    variants = [
        dataset(other_groups),
        dataset(Stimuli(tuple("abcdef"), stimuli().groups)),
        dataset(values=responses().values + 1),
        dataset(rois={"language": np.array([0, 1])}),
        dataset(repeats=repeats),
        dataset(repeats=repeats + 1),
    ]
    digests = {sound.digest, *(variant.digest for variant in variants)}
    assert len(digests) == 1 + len(variants)
    assert dataset().digest == sound.digest


def test_the_digest_of_stimuli_does_not_depend_on_their_groups():
    regrouped = Stimuli(stimuli().items, np.array(["all"] * N_STIMULI))
    assert regrouped.digest == stimuli().digest


def test_the_name_says_whether_subjects_are_simulated():
    assert replace(dataset(), name="simulated-things").simulated


@pytest.mark.parametrize("name", BRAINS)
def test_brains_are_registered_under_their_names(name):
    brain = BRAINS[name]
    assert brain.name == name
    assert brain.summary
    assert " " not in name
