"""MLproject says what the config models say, and nothing is written twice."""

import yaml

from entrypoints.mlproject import STAGES, mlproject
from pipeline.config import load_config
from pipeline.tracking.catalogue import catalogue

REQUIRED = {
    "prepare": {"brain": "simulated-sentences"},
    "tune": {"task": "summarization", "method": "prompt"},
    "extract": {"model": "models:/a@b", "brain": "simulated-sentences"},
    "align": {"model": "models:/a@b", "brain": "simulated-sentences"},
    "report": {},
    "export": {},
    "import": {"archive": "study.zip", "folder": "there"},
}


def test_mlproject_is_up_to_date(repository):
    written = (repository / "MLproject").read_text()
    assert written == mlproject(), "run: python -m entrypoints.mlproject > MLproject"


def test_the_defaults_of_mlproject_are_those_of_the_config_models(repository):
    entries = yaml.safe_load((repository / "MLproject").read_text())["entry_points"]
    assert set(entries) == {"main", *STAGES}
    for name, model in STAGES.items():
        parameters = entries[name]["parameters"]
        assert list(parameters) == list(model.model_fields)
        as_mlflow_passes = {
            key: str(value["default"]) for key, value in parameters.items() if "default" in value
        }
        config = load_config(model, {**as_mlflow_passes, **REQUIRED[name]}, catalogue())
        assert config == model.model_validate(REQUIRED[name])


def test_conda_installs_the_same_pins(repository):
    conda = yaml.safe_load((repository / "conda.yaml").read_text())
    assert conda["dependencies"][-1] == {"pip": ["-r requirements.txt"]}
    pins = (repository / "requirements.txt").read_text().splitlines()
    assert all("==" in line for line in pins if line and not line.startswith("#"))
