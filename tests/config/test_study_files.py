"""Every mistake in a study file is told at once, each once, before anything is computed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import read_study
from pipeline.errors import ConfigError
from pipeline.tracking.catalogue import catalogue


def test_a_study_checks_every_cell_and_names_each_mistake_once(study_file):
    grid = {
        "methods": ["base", "prompt", "vpt-shalow"],
        "brains": ["simulated-pictures"],
        "tune": {"max_step": 3},
        "align": {"folds": 1},
        "by_method": {"lora": {}},
    }
    with pytest.raises(ConfigError) as refusal:
        read_study(study_file(grid), catalogue())
    fields = [problem.where.split(": ")[1] for problem in refusal.value.problems]
    assert sorted(fields) == ["brain", "by_method.lora", "folds", "max_step", "method"]
    assert "grid 1" in str(refusal.value)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"seeds": [-1]}, "grid 1: seeds.0"),
        ({"seeds": [2**32]}, "grid 1: seeds.0"),
        ({"seeds": ["a"]}, "grid 1: seeds.0"),
        ({"bases": []}, "grid 1: bases"),
        ({"tune": 3}, "grid 1: tune"),
        ({"by_method": {"prompt": 3}}, "grid 1: by_method.prompt"),
        ({"bases": ["tiny-vit"]}, "grid 1: base"),
        ({"tasks": ["image-folder"]}, "grid 1: task"),
        ({"tune": {"seed": 3}}, "grid 1: tune.seed"),
        ({"align": {"brain": "arrays"}}, "grid 1: align.brain"),
        ({"align": {"alpha_low": float("inf")}}, "grid 1: alpha_low"),
        ({"brains": ["simulated-pictures"]}, "grid 1: brain"),
        ({"seeds": list(range(9999))}, "grid 1"),
    ],
)
def test_one_mistake_in_a_grid_is_told_once_with_the_file(study_file, change, where):
    path = study_file(change)
    with pytest.raises(ConfigError, match=r"expected .*; found ") as refusal:
        read_study(path, catalogue())
    (problem,) = refusal.value.problems
    assert problem.where == f"{path}, {where}"


def test_a_setting_that_stands_twice_in_a_study_is_refused(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text("name: a\nname: b\n")
    with pytest.raises(ConfigError, match=r"name stands twice"):
        read_study(path, catalogue())


@pytest.mark.parametrize("text", ["[" * 5000, "a: " + "[" * 5000, "# " + "a" * 1_000_001])
def test_a_study_of_endless_brackets_or_size_is_refused(tmp_path, text):
    path = tmp_path / "study.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"nested too deeply|more than 1,000,000 bytes"):
        read_study(path, catalogue())


def test_mistakes_of_form_hide_no_mistakes_in_settings(study_file):
    grid = {"methods": [], "tune": {"seed": 3, "batch_size": "many"}, "align": {"folds": 1}}
    with pytest.raises(ConfigError, match=r"(?s)methods: .*grid 1: folds: .*grid 1: batch_size: "):
        read_study(study_file(grid), catalogue())
    grid["methods"] = ["full"]
    with pytest.raises(ConfigError, match=r"(?s)tune.seed: expected seed where .*batch_size: "):
        read_study(study_file(grid), catalogue())


@pytest.mark.parametrize("directory", [[], {"a": 1}, "x" * 300, "~nobody/data", "a\0b"])
def test_what_can_be_no_directory_is_refused_in_a_study(study_file, directory):
    grid = {"tune": {"data_dir": directory}}
    with pytest.raises(ConfigError, match=r"grid 1: data_dir: expected "):
        read_study(study_file(grid), catalogue())


@given(text=st.text(max_size=60) | st.binary(max_size=60))
def test_whatever_stands_in_a_study_file_the_refusal_is_ours(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("study") / "study.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError, match=r"expected"):
        read_study(path, catalogue())


def test_a_missing_study_file_says_so(tmp_path):
    with pytest.raises(ConfigError, match=r"demo2.yaml: expected a YAML file .* No such file"):
        read_study(tmp_path / "demo2.yaml", catalogue())


def test_the_studies_of_the_repository_are_fine(repository, monkeypatch):
    monkeypatch.chdir(repository)
    for path in repository.glob("studies/**/*.yaml"):
        problems = ()
        try:
            read_study(path, catalogue())
        except ConfigError as refusal:
            problems = refusal.problems
        # directories of data that is not in the repository may be absent
        assert all(": data_dir" in p.where or ": brain_dir" in p.where for p in problems)
