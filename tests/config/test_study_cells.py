"""A study is every combination of its lists, each aligned as its specifications say."""

import pytest

from pipeline.config import contrasts_of, read_study, specification_of
from pipeline.errors import ConfigError
from pipeline.tracking.catalogue import catalogue


def test_a_study_that_is_fine_lists_its_cells_in_order(study_file):
    grid = {"seeds": [0, 1], "by_method": {"prompt": {"learning_rate": 0.3}}}
    study = read_study(study_file(grid), catalogue())
    tunes = [cell.tune for cell in study.cells()]
    assert [(t["method"], t["seed"]) for t in tunes] == [
        ("base", 0),
        ("base", 1),
        ("prompt", 0),
        ("prompt", 1),
    ]
    assert [t.get("learning_rate") for t in tunes] == [None, None, 0.3, 0.3]


def test_tasks_and_brains_have_settings_of_their_own_and_the_more_special_counts(study_file):
    grid = {
        "tasks": ["summarization", {"task": "translation", "max_train": 40, "batch_size": 4}],
        "brains": ["simulated-sentences", {"brain": "prepared", "brain_dir": ".", "folds": 3}],
        "tune": {"max_train": 30},
        "by_method": {"prompt": {"batch_size": 2}},
        "align": {"trials": 5},
    }
    defaults = {"tune": {"max_train": 20, "max_eval": 10}, "align": {"folds": 4, "trials": 6}}
    study = read_study(study_file(grid, defaults=defaults), catalogue())
    cells = list(study.cells())
    sizes = [
        (c.tune["task"], c.tune["method"], c.tune["max_train"], c.tune.get("batch_size"))
        for c in cells
    ]
    assert sizes == [
        ("summarization", "base", 30, None),
        ("summarization", "prompt", 30, 2),
        ("translation", "base", 40, 4),
        ("translation", "prompt", 40, 2),
    ]
    assert all(c.tune["max_eval"] == 10 for c in cells)
    assert [(a["brain"], a["folds"], a["trials"]) for a in cells[0].aligns] == [
        ("simulated-sentences", 4, 5),
        ("prepared", 3, 5),
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": [0, 0]}, "grid 1: seeds: expected each once; found 0 twice"),
        ({"methods": ["base", "base"]}, "methods: expected each once; found base twice"),
        (
            {"tasks": ["summarization", {"task": "summarization", "shots": 4}]},
            "tasks: expected each once; found summarization twice",
        ),
        ({"tasks": [{"shots": 4}]}, r"grid 1: tasks.0: expected a name, or a mapping with 'task'"),
    ],
)
def test_what_could_not_be_told_apart_in_a_report_is_refused(study_file, change, message):
    with pytest.raises(ConfigError, match=message):
        read_study(study_file(change), catalogue())


def test_every_combination_of_specifications_is_aligned_the_declared_one_last(study_file):
    specifications = {"folds": [5, 3], "pooling": ["mean", "last"]}
    study = read_study(study_file(specifications=specifications), catalogue())
    aligns = next(study.cells()).aligns
    names = [specification_of(align, aligns[-1]) for align in aligns]
    assert names == ["pooling=last", "folds=3", "folds=3, pooling=last", ""]
    assert all(align["nuisance"] is False for align in aligns[:-1])
    assert "nuisance" not in aligns[-1]


def test_prompt_positions_are_a_specification_of_means_alone(study_file):
    specifications = {"pooling": ["mean", "last"], "prompt_positions": ["out", "in"]}
    study = read_study(study_file(specifications=specifications), catalogue())
    aligns = next(study.cells()).aligns
    names = [specification_of(align, aligns[-1]) for align in aligns]
    assert names == ["prompt_positions=in", "pooling=last", ""]


@pytest.mark.parametrize(
    ("specifications", "message"),
    [
        ({"poling": ["last"]}, "poling"),
        ({"brain": ["simulated-pictures"]}, "specifications.brain"),
        ({"pooling": ["first"]}, "pooling"),
        ({"prompt_positions": ["under"]}, "prompt_positions"),
        ({"pooling": []}, "specifications"),
    ],
)
def test_specifications_that_no_alignment_can_have_are_refused(study_file, specifications, message):
    with pytest.raises(ConfigError, match=message):
        read_study(study_file(specifications=specifications), catalogue())


def test_a_family_is_read_as_pairs_of_methods(study_file):
    study = read_study(study_file(family="prompts - base"), catalogue())
    assert contrasts_of(study.family) == (("prompts", "base"),)
    assert contrasts_of("vpt-deep - full, lora - full") == (("vpt-deep", "full"), ("lora", "full"))


@pytest.mark.parametrize(
    ("family", "message"),
    [
        ("promt - base", "family: expected methods of this study; found promt"),
        ("prompt less base", "family"),
        ("prompt - ", "family"),
    ],
)
def test_a_family_of_what_a_study_does_not_have_is_refused(study_file, family, message):
    with pytest.raises(ConfigError, match=message):
        read_study(study_file(family=family), catalogue())


def test_a_model_that_stands_in_two_grids_is_refused(study_file):
    with pytest.raises(ConfigError, match="grid 2: expected models of no other grid; found tiny-"):
        read_study(study_file({}, {}), catalogue())


def test_a_curve_tries_the_values_of_a_setting_one_at_a_time(study_file):
    curves = {"max_train": [50], "prompt_length": [2, 8]}
    tune = {"max_steps": 9, "checkpoints": 4}
    study = read_study(study_file({"tune": tune}, curves=curves), catalogue())
    cell = next(cell for cell in study.cells() if cell.tune["method"] == "prompt")
    varied = [(name, value, settings) for name, value, settings in cell.varied()]
    assert [(name, value) for name, value, _ in varied] == [
        ("max_train", 50), ("prompt_length", 2), ("prompt_length", 8),
    ]  # fmt: skip
    own = {**cell.tune, "checkpoints": 0}  # those of the declared training are enough
    assert [settings for *_, settings in varied] == [
        {**own, "max_train": 50}, {**own, "prompt_length": 2}, {**own, "prompt_length": 8},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("curves", "message"),
    [
        ({"prompt_length": [0]}, "prompt_length"),
        ({"learning_rate": [1]}, "curves"),
        ({"max_train": []}, "curves"),
    ],
)
def test_curves_that_no_tuning_can_have_are_refused(study_file, curves, message):
    with pytest.raises(ConfigError, match=message):
        read_study(study_file(curves=curves), catalogue())
