"""A grid may ask for several regimes: tasks for one of them, and no task for the others."""

import pytest

from pipeline.config import RegimeConfig, TuneConfig, read_study
from pipeline.errors import ConfigError
from pipeline.tracking.catalogue import catalogue

EVERY = ["task", "stimulus", "brain", "joint"]


def test_every_regime_is_a_cell_of_each_method_and_tasks_belong_to_one(study_file):
    tasks = ["summarization", "translation"]
    study = read_study(study_file({"regimes": EVERY, "tasks": tasks}), catalogue())
    cells = list(study.cells())
    assert [(c.tune.get("task", c.regime), c.tune["method"]) for c in cells] == [
        (learned, method)
        for learned in (*tasks, "stimulus", "brain", "joint")
        for method in ("base", "prompt")
    ]
    assert [c.settings for c in cells] == [TuneConfig] * 4 + [RegimeConfig] * 6
    assert cells[-1].title == "tiny-gpt2 joint prompt 0"


def test_regimes_have_settings_of_their_own_and_methods_have_the_last_word(study_file):
    grid = {
        "regimes": ["task", "brain"],
        "tune": {"max_steps": 10, "batch_size": 8},
        "by_regime": {"brain": {"max_steps": 20, "batch_size": 16, "voxel_ceiling": 0.2}},
        "by_method": {"prompt": {"batch_size": 4}},
    }
    study = read_study(study_file(grid), catalogue())
    configs = [c.settings.model_validate(c.tune) for c in study.cells()]
    assert [(c.max_steps, c.batch_size) for c in configs] == [(10, 8), (10, 4), (20, 16), (20, 4)]
    assert configs[-1].voxel_ceiling == 0.2


def test_curves_and_minimal_pairs_are_of_tasks_alone(study_file, tmp_path):
    above = {"curves": {"max_train": [50]}, "minimal_pairs": str(tmp_path)}
    study = read_study(study_file({"regimes": ["task", "joint"]}, **above), catalogue())
    on_task, *_, in_regime = study.cells()
    assert (bool(on_task.curves), bool(on_task.minimal_pairs)) == (True, True)
    assert (bool(in_regime.curves), bool(in_regime.minimal_pairs)) == (False, False)


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ({"regimes": ["brains"]}, r"regimes.0: expected 'task', 'stimulus', 'brain' or 'joint'"),
        ({"regimes": []}, "regimes: expected at least one entry"),
        ({"regimes": ["task", "brain", "brain"]}, "regimes: expected each once; found brain twice"),
        ({"regimes": ["brain"]}, "tasks: expected nothing without regime 'task'"),
        ({"regimes": ["task"], "tasks": []}, "tasks: expected at least one entry"),
        ({"by_regime": {"brain": {}}}, "by_regime.brain: expected a regime of this grid"),
        ({"tune": {"regime": "brain"}}, "tune.regime: expected regime where the grid lists it"),
        (
            {"regimes": ["task", "brain"], "by_regime": {"brain": {"voxel_ceiling": 2}}},
            "voxel_ceiling: expected less than 1",
        ),
        (
            {"regimes": ["task", "brain"], "by_regime": {"task": {"voxel_ceiling": 0.1}}},
            "voxel_ceiling: expected a known setting",
        ),
    ],
)
def test_regimes_that_cannot_be_are_refused(study_file, grid, message):
    with pytest.raises(ConfigError, match=message):
        read_study(study_file(grid), catalogue())


def test_a_grid_without_regime_task_needs_no_tasks(study_file):
    grid = {"regimes": ["stimulus", "brain"], "tasks": []}
    assert len(list(read_study(study_file(grid), catalogue()).cells())) == 4
