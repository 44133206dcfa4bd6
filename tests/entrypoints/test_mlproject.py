"""MLproject says what the config models say, and nothing is written twice."""

import yaml
from mlflow.projects._project_spec import load_project

from entrypoints.mlproject import STAGES, mlproject

REQUIRED = {
    "main": {},
    "prepare": {"brain": "simulated-sentences"},
    "tune": {"task": "summarization", "method": "prompt"},
    "extract": {"model": "models:/a@b", "brain": "simulated-sentences"},
    "align": {"model": "models:/a@b", "brain": "simulated-sentences"},
    "report": {},
    "export": {},
    "import": {"archive": "study.zip", "folder": "there"},
    "sizes": {},
}


def test_mlproject_is_up_to_date(repository):
    content = (repository / "MLproject").read_text()
    assert content == mlproject(), "run: python -m entrypoints.mlproject > MLproject"


def test_mlproject_requires_what_the_config_models_require(repository):
    entries = yaml.safe_load((repository / "MLproject").read_text())["entry_points"]
    assert set(entries) == set(STAGES)
    for name, model in STAGES.items():
        required = {field for field, info in model.model_fields.items() if info.is_required()}
        assert set(entries[name].get("parameters", {})) == required == set(REQUIRED[name])


def test_the_command_that_mlflow_runs_says_what_was_passed_and_nothing_else(repository):
    tune = load_project(str(repository)).get_entry_point("tune")
    passed = {"task": "digits", "method": "full", "prompt_text": "a b; rm -rf", "max_steps": "3"}
    assert tune.compute_command(passed, None) == (
        "python -m entrypoints.tune --task digits --method full "
        "--prompt_text 'a b; rm -rf' --max_steps 3"
    )


def test_the_comments_of_mlproject_name_every_default(repository):
    text = (repository / "MLproject").read_text()
    for model in STAGES.values():
        for field, info in model.model_fields.items():
            assert info.is_required() or f" {field}={str(info.default).lower()}" in text.lower()


def test_conda_installs_the_same_pins(repository):
    conda = yaml.safe_load((repository / "conda.yaml").read_text())
    assert conda["dependencies"][-1] == {"pip": ["-r requirements.txt"]}
    pins = (repository / "requirements.txt").read_text().splitlines()
    assert all("==" in line for line in pins if line and not line.startswith("#"))
