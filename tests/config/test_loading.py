"""Every mistake in a command or a study is told at once, before anything is computed."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import (
    AlignConfig,
    TuneConfig,
    contrasts_of,
    load_config,
    read_study,
    specification_of,
)
from pipeline.errors import ConfigError
from pipeline.tracking.catalogue import catalogue

GRID = {
    "bases": ["tiny-gpt2"],
    "tasks": ["summarization"],
    "methods": ["base", "prompt"],
    "brains": ["simulated-sentences"],
}
STUDY = {"name": "s", "asks": "which?", "grids": [GRID]}


@pytest.fixture
def study_file(tmp_path):
    def write(study):
        path = tmp_path / "study.yaml"
        path.write_text(yaml.safe_dump(study))
        return path

    return write


def test_a_command_names_every_mistake_with_field_value_and_nearest_name():
    values = {
        "base": "tiny-gpt",
        "task": "sumarization",
        "method": "promt",
        "seed": "first",
        "bach_size": "3",
    }
    with pytest.raises(ConfigError) as refusal:
        load_config(TuneConfig, values, catalogue())
    message = str(refusal.value)
    assert message.startswith("5 problems")
    for field, bad_value, meant in (
        ("base", "'tiny-gpt'", "tiny-gpt2"),
        ("task", "'sumarization'", "summarization"),
        ("method", "'promt'", "prompt"),
        ("bach_size", "'bach_size'", "batch_size"),
    ):
        (line,) = [line for line in message.splitlines() if f" {field}: expected" in line]
        assert bad_value in line
        assert f"Did you mean '{meant}'?" in line
    assert "seed: expected a valid integer" in message


def test_words_of_the_command_line_become_numbers():
    config = load_config(
        TuneConfig,
        {"task": "summarization", "method": "prompt", "learning_rate": "1e-3", "max_steps": "7"},
        catalogue(),
    )
    assert (config.learning_rate, config.max_steps) == (1e-3, 7)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"task": "digits", "method": "full"}, "task: expected one for text, as base 'tiny-gpt2'"),
        ({"base": "tiny-vit", "task": "digits", "method": "prompt"}, "method: expected one for im"),
        (
            {"task": "translation", "method": "probe"},
            "method: expected one for a task of generation, .*'probe', which is for class",
        ),
        (
            {"base": "tiny-vit", "task": "image-folder", "method": "full"},
            "data_dir: .*found none given",
        ),
        (
            {"base": "tiny-vit", "task": "mnist", "method": "full", "data_dir": "no/where"},
            "data_dir: .*found 'no/where', which is no directory",
        ),
    ],
)
def test_names_that_do_not_fit_together_are_refused(values, message):
    whole = {"base": "tiny-gpt2", **values}
    with pytest.raises(ConfigError, match=message):
        load_config(TuneConfig, whole, catalogue())


@pytest.mark.parametrize("uri", ["models:/a", "models:/a@b@c", "models:/a/one"])
def test_a_model_is_named_by_alias_or_version(uri):
    values = {"model": uri, "brain": "simulated-sentences"}
    with pytest.raises(ConfigError, match=r"model: expected string should match pattern"):
        load_config(AlignConfig, values, catalogue())


def test_a_search_with_a_learning_rate_of_its_own_is_refused():
    values = {"task": "digits", "base": "tiny-vit", "method": "full", "learning_rate": "0.1"}
    with pytest.raises(ConfigError, match=r"trials: expected 0 with a learning_rate.*found '2'"):
        load_config(TuneConfig, {**values, "trials": "2"}, catalogue())
    assert load_config(TuneConfig, {**values, "trials": "0"}, catalogue()).learning_rate == 0.1


def test_a_study_checks_every_cell_and_names_each_mistake_once(study_file):
    grid = {
        **GRID,
        "methods": ["base", "prompt", "vpt-shalow"],
        "brains": ["simulated-pictures"],
        "tune": {"max_step": 3},
        "align": {"folds": 1},
        "by_method": {"lora": {}},
    }
    with pytest.raises(ConfigError) as refusal:
        read_study(study_file({**STUDY, "grids": [grid]}), catalogue())
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
    path = study_file({**STUDY, "grids": [{**GRID, **change}]})
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
    grid = {**GRID, "methods": [], "tune": {"seed": 3, "batch_size": "many"}, "align": {"folds": 1}}
    with pytest.raises(ConfigError, match=r"(?s)methods: .*grid 1: folds: .*grid 1: batch_size: "):
        read_study(study_file({**STUDY, "grids": [grid]}), catalogue())
    grid["methods"] = ["full"]
    with pytest.raises(ConfigError, match=r"(?s)tune.seed: expected seed where .*batch_size: "):
        read_study(study_file({**STUDY, "grids": [grid]}), catalogue())


@pytest.mark.parametrize("directory", [[], {"a": 1}, "x" * 300, "~nobody/data", "a\0b"])
def test_what_can_be_no_directory_is_refused_in_a_study(study_file, directory):
    grid = {**GRID, "tune": {"data_dir": directory}}
    with pytest.raises(ConfigError, match=r"grid 1: data_dir: expected "):
        read_study(study_file({**STUDY, "grids": [grid]}), catalogue())


def test_a_study_that_is_fine_lists_its_cells_in_order(study_file):
    grid = {**GRID, "seeds": [0, 1], "by_method": {"prompt": {"learning_rate": 0.3}}}
    study = read_study(study_file({**STUDY, "grids": [grid]}), catalogue())
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
        **GRID,
        "tasks": ["summarization", {"task": "translation", "max_train": 40, "batch_size": 4}],
        "brains": ["simulated-sentences", {"brain": "prepared", "brain_dir": ".", "folds": 3}],
        "tune": {"max_train": 30},
        "by_method": {"prompt": {"batch_size": 2}},
        "align": {"trials": 5},
    }
    defaults = {"tune": {"max_train": 20, "max_eval": 10}, "align": {"folds": 4, "trials": 6}}
    study = read_study(study_file({**STUDY, "defaults": defaults, "grids": [grid]}), catalogue())
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
        read_study(study_file({**STUDY, "grids": [{**GRID, **change}]}), catalogue())


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
        read_study(study_file({**STUDY, "family": family}), catalogue())


def test_every_combination_of_specifications_is_aligned_the_declared_one_last(study_file):
    specifications = {"folds": [5, 3], "pooling": ["mean", "last"]}
    study = read_study(study_file({**STUDY, "specifications": specifications}), catalogue())
    aligns = next(study.cells()).aligns
    names = [specification_of(align, aligns[-1]) for align in aligns]
    assert names == ["pooling=last", "folds=3", "folds=3, pooling=last", ""]
    assert all(align["nuisance"] is False for align in aligns[:-1])
    assert "nuisance" not in aligns[-1]


@pytest.mark.parametrize(
    ("specifications", "message"),
    [
        ({"poling": ["last"]}, "poling"),
        ({"brain": ["simulated-pictures"]}, "specifications.brain"),
        ({"pooling": ["first"]}, "pooling"),
        ({"pooling": []}, "specifications"),
    ],
)
def test_specifications_that_no_alignment_can_have_are_refused(study_file, specifications, message):
    with pytest.raises(ConfigError, match=message):
        read_study(study_file({**STUDY, "specifications": specifications}), catalogue())


def test_a_family_is_read_as_pairs_of_methods(study_file):
    study = read_study(study_file({**STUDY, "family": "prompts - base"}), catalogue())
    assert contrasts_of(study.family) == (("prompts", "base"),)
    assert contrasts_of("vpt-deep - full, lora - full") == (("vpt-deep", "full"), ("lora", "full"))


def test_a_model_that_stands_in_two_grids_is_refused(study_file):
    with pytest.raises(ConfigError, match="grid 2: expected models of no other grid; found tiny-"):
        read_study(study_file({**STUDY, "grids": [GRID, GRID]}), catalogue())


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


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"splits": "a"}, "splits: expected three names of splits"),
        ({"splits": "a,b,c,d"}, "splits: expected three names of splits"),
        ({"splits": ",,"}, "splits: expected three names of splits"),
        ({"splits": "a,b,c"}, "splits: expected a setting that task 'summarization' knows"),
        ({"languages": "en-de"}, "languages: expected a setting that task 'summarization' knows"),
        ({"image_size": "32"}, "image_size: expected a setting that task 'summarization' knows"),
        ({"task": "multi30k", "languages": "klingon"}, "languages: expected two different names"),
        ({"task": "wmt16", "languages": "en-en"}, "languages: expected two different names"),
        ({"task": "wmt16", "languages": "de-fr"}, "languages: expected en and one of cs, de, fi"),
        ({"task": "wmt14", "languages": "xx-en"}, "languages: expected en and one of cs, de, fr"),
        ({"task": "code-summarization", "languages": "cobol"}, "languages: expected one of go, ja"),
        ({"seed": str(2**32)}, "seed: expected less than or equal to 4294967295"),
        ({"max_train": str(10**12)}, "max_train: expected less than or equal to"),
        ({"max_eval": str(10**12)}, "max_eval: expected less than or equal to"),
        ({"shots": str(10**12)}, "shots: expected less than or equal to"),
        ({"max_train": "200000"}, "max_train: expected at most 100,000 examples of a simulated"),
        ({"image_size": str(10**9)}, "image_size: expected less than or equal to"),
    ],
)
def test_settings_that_a_task_does_not_know_or_cannot_have_are_refused_by_field(values, message):
    with pytest.raises(ConfigError, match=message):
        load_config(TuneConfig, {"task": "summarization", "method": "full", **values}, catalogue())


def test_settings_that_a_task_knows_are_taken():
    values = {"task": "wmt16", "method": "full", "languages": "en-ro", "splits": "train,dev,dev"}
    assert load_config(TuneConfig, values, catalogue()).split_names == ("train", "dev", "dev")


def test_languages_that_only_files_can_have_are_refused_without_them(tmp_path):
    values = {"task": "multi30k", "method": "full", "languages": "en-fr"}
    with pytest.raises(ConfigError, match="languages: expected de-en, as the hub has for multi30k"):
        load_config(TuneConfig, values, catalogue())
    load_config(TuneConfig, {**values, "data_dir": str(tmp_path)}, catalogue())
