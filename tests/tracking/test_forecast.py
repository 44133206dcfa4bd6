"""A dry run reads what is here, names what is not, and finds what an earlier study has made."""

import logging
import os

import pytest
import yaml
from machines import QUICK

from entrypoints.main import main
from pipeline.config import read_study
from pipeline.errors import ConfigError
from pipeline.forecast.facts import Room
from pipeline.models.bases import PRETRAINED
from pipeline.tracking.catalogue import catalogue
from pipeline.tracking.stages.forecast import constants, stage
from pipeline.tracking.stages.forecast.facts import network_facts
from pipeline.tracking.stages.study import run_study

STUDY = {
    "name": "little",
    "asks": "Is what was made found again?",
    "grids": [
        {
            "bases": ["tiny-vit"],
            "tasks": ["digits"],
            "methods": ["base", "vpt-shallow"],
            "seeds": [31],
            "brains": ["simulated-pictures"],
            "tune": {"max_train": 32, "max_eval": 10, "max_steps": 2, "eval_every": 2},
            "align": {"folds": 2, "inner_folds": 2, "trials": 2, "nuisance": False},
        }
    ],
}


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    monkeypatch.setattr(stage, "machine_constants", lambda: QUICK)


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    return tmp_path


def study_of(tmp_path, **changes):
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump({**STUDY, "grids": [{**STUDY["grids"][0], **changes}]}))
    return path


def test_sizes_are_those_of_the_embedded_bases():
    gpt2 = network_facts(PRETRAINED / "tiny-gpt2")
    assert (gpt2.modality, gpt2.layers, gpt2.width, gpt2.inner) == ("text", 4, 128, 512)
    assert (gpt2.vocabulary, gpt2.room) == (1024, 192)
    vit = network_facts(PRETRAINED / "tiny-vit")
    assert (vit.modality, vit.layers, vit.width, vit.inner) == ("image", 4, 128, 512)
    assert vit.room == 65
    for facts in (gpt2, vit):
        assert facts.block_parameters < facts.parameters < 1.5 * facts.block_parameters


@pytest.mark.parametrize(
    "names",
    [
        "studies/*.yaml",
        # of the same grids and data in little; the gate reads all of them: test_study_files
        pytest.param("studies/*/*.yaml", marks=pytest.mark.slow),
    ],
    ids=["whole", "small"],
)
def test_every_study_file_can_be_forecast_with_its_data_missing(
    repository, nowhere, monkeypatch, capsys, names
):
    monkeypatch.setattr(stage, "free_room", lambda database: Room(64e9, 500e9))
    elsewhere = nowhere / "studies"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)  # where ../data and ../shared are not
    for path in sorted(repository.glob(names)):
        main(["--study", str(path), "--dry_run", "true"])
        printed = capsys.readouterr().out
        assert "minutes" in printed, path
        needs_files = "../" in path.read_text().split("name:")[1]
        assert ("Missing, " in printed) >= needs_files, path
    assert not list(nowhere.glob("mlflow.db*"))


def test_what_is_missing_is_named_with_where_to_place_it(nowhere, repository, capsys, monkeypatch):
    monkeypatch.chdir(nowhere)
    monkeypatch.setattr(stage, "free_room", lambda database: Room(64e9, 500e9))
    main(["--study", str(repository / "studies/paper-text.yaml"), "--dry_run", "true"])
    printed = capsys.readouterr().out
    assert "Point to the folder with stimuli.txt, subj1.npy and subj2.npy" in printed
    assert "base openai-community/gpt2" in printed
    assert "pass data_dir=<directory>" in printed
    assert "~ by published sizes" in printed


def test_a_study_without_data_of_its_own_needs_nothing(nowhere, capsys):
    main(["--study", str(study_of(nowhere)), "--dry_run", "true"])
    printed = capsys.readouterr().out
    assert "9 runs, 0 reused, 9 new (1 base, 2 tune, 2 extract, 1 reference, 2 align, 1" in printed
    assert "Everything that it needs is here." in printed
    assert sorted(path.name for path in nowhere.iterdir()) == ["study.yaml"]


def test_versions_on_the_way_of_trainings_are_extracted_and_aligned_too(nowhere, capsys):
    tune = {**STUDY["grids"][0]["tune"], "checkpoints": 2}
    main(["--study", str(study_of(nowhere, tune=tune)), "--dry_run", "true"])
    printed = capsys.readouterr().out
    assert "13 runs, 0 reused, 13 new (1 base, 2 tune, 4 extract, 1 reference, 4 align" in printed


def test_what_is_here_and_cannot_be_used_is_refused_after_the_forecast(nowhere, capsys):
    brain = {"brain": "digit69", "brain_dir": str(nowhere)}
    path = study_of(nowhere, brains=[brain], methods=["base"])
    with pytest.raises(ConfigError, match=r"digit69_28x28\.mat"):
        main(["--study", str(path), "--dry_run", "true"])
    assert "base s31 align tiny-vit-digits" in capsys.readouterr().out


def test_what_does_not_fit_into_memory_is_refused_by_run_and_setting(nowhere, monkeypatch):
    monkeypatch.setattr(stage, "free_room", lambda database: Room(0.81e9, 500e9))
    with pytest.raises(ConfigError, match=r"vpt-shallow s31 tune tiny-vit-digits.*0\.8 GB"):
        main(["--study", str(study_of(nowhere)), "--dry_run", "true"])


def test_folds_that_cannot_be_made_are_refused_before_any_work(nowhere):
    path = study_of(nowhere, align={"folds": 500})
    with pytest.raises(ConfigError, match="folds"):
        main(["--study", str(path), "--dry_run", "true"])


OF_TEXT = {"bases": ["tiny-gpt2"], "tasks": ["summarization"], "brains": ["simulated-sentences"]}


def test_minimal_pairs_of_models_of_text_are_counted(nowhere, repository, capsys):
    path = study_of(nowhere, **{"tune": {}, **OF_TEXT, "methods": ["base", "untrained"]})
    study = yaml.safe_load(path.read_text())
    pairs = str(repository / "studies" / "small" / "minimal_pairs")
    path.write_text(yaml.safe_dump({**study, "minimal_pairs": pairs}))
    main(["--study", str(path), "--dry_run", "true"])
    printed = capsys.readouterr().out
    assert "2 minimal-pairs, 2 extract" in printed
    assert "base s31 minimal pairs tiny-gpt2-summarization" in printed
    missing = nowhere / "nowhere"
    path.write_text(yaml.safe_dump({**study, "minimal_pairs": str(missing)}))
    main(["--study", str(path), "--dry_run", "true"])
    assert f"{missing}: expected a folder of .jsonl files" in capsys.readouterr().out


@pytest.mark.slow  # runs a whole study
def test_a_finished_study_would_reuse_every_run(store, tmp_path):
    study = read_study(study_of(tmp_path), catalogue())
    run_study(study)
    runs = stage.run_forecast(study).runs
    assert [run.title for run in runs if not run.reuses] == ["report of little"]
    assert sum(run.cost.seconds for run in runs if run.reuses) < 2


def test_constants_are_measured_once_and_kept(tmp_path, monkeypatch):
    measured = []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(constants, "bookkeeping_seconds", lambda: 0.25)
    monkeypatch.setattr(constants, "probe", lambda seconds: measured.append(seconds) or QUICK)
    monkeypatch.setattr(constants, "trail_digest", lambda function: "0" * 64)
    assert constants.machine_constants() == constants.machine_constants() == QUICK
    assert measured == [0.25]


def test_constants_of_last_week_are_measured_anew(tmp_path, monkeypatch):
    measured = []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(constants, "bookkeeping_seconds", lambda: 0.25)
    monkeypatch.setattr(constants, "probe", lambda seconds: measured.append(seconds) or QUICK)
    monkeypatch.setattr(constants, "trail_digest", lambda function: "0" * 64)
    constants.machine_constants()
    (constants_file,) = (tmp_path / "brain-alignment").glob("*.json")
    os.utime(constants_file, (1, 1))
    constants.machine_constants()
    assert len(measured) == 2


STEPS = {"max_train": 300, "max_eval": 60, "max_steps": 60, "eval_every": 20, "batch_size": 16}
MEASURED = {
    "tasks": {
        "bases": ["tiny-gpt2"],
        "tasks": ["summarization"],
        "methods": ["base", "full", "prompt"],
        "brains": ["simulated-sentences"],
        "tune": {**STEPS, "patience": 10},
        "align": {"trials": 10},
    },
    "regimes": {
        "regimes": ["task", "stimulus", "brain"],
        "methods": ["base", "full", "vpt-shallow"],
        "tune": {**STEPS, "patience": 10},
        "align": {"folds": 3, "inner_folds": 3, "trials": 5, "nuisance": False},
    },
}


def minutes_expected(study, place, monkeypatch):
    """Estimate a study in a new store, by constants that are measured now."""
    place.mkdir()
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("XDG_CACHE_HOME", str(place))
        elsewhere.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{place}/mlflow.db")
        elsewhere.setattr(stage, "machine_constants", constants.machine_constants)
        return sum(run.cost.seconds for run in stage.run_forecast(study).runs) / 60


@pytest.mark.slow  # measures the machine before and after it runs a study: two minutes each
@pytest.mark.parametrize("grid", MEASURED)
def test_estimates_are_within_a_factor_of_two(grid, tmp_path, monkeypatch):
    """By the mean of both: a machine that others use is not as busy before a study as within it."""
    import mlflow

    path = study_of(tmp_path, **MEASURED[grid])
    study = read_study(path, catalogue())
    tracking = f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking)
    monkeypatch.chdir(tmp_path)
    estimates = [minutes_expected(study, tmp_path / "before", monkeypatch)]
    from pipeline.tracking.store import open_store

    before = mlflow.get_tracking_uri()
    try:
        open_store()
        finished = run_study(study)
        minutes = mlflow.get_run(finished.run_id).data.metrics["minutes"]
    finally:
        mlflow.set_tracking_uri(before)
        logging.getLogger("pipeline").setLevel(logging.INFO)
    estimates.append(minutes_expected(study, tmp_path / "after", monkeypatch))
    ratio = sum(estimates) / len(estimates) / minutes
    print(f"estimated / measured minutes: {ratio:.2f} of {minutes:.1f}")
    assert 0.5 < ratio < 2
