"""Commands of README run as they stand: models, tasks, brain data, serving."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import requests
from PIL import Image

from pipeline.models.bases import PRETRAINED
from pipeline.tracking.databases import prepare_database

BIN = Path(sys.executable).parent
FOLDERS = ("my_model", "my_sentences", "my_pictures", "my_data")

pytestmark = pytest.mark.slow  # every command starts an interpreter and trains or loads a model


@pytest.fixture(scope="module")
def readme(repository):
    return (repository / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def project(repository, tmp_path_factory):
    """Give a copy of the project, with folders of a reader's own."""
    place = tmp_path_factory.mktemp("project")
    for name in ("pipeline", "entrypoints"):
        shutil.copytree(repository / name, place / name)
    for name in ("MLproject", "conda.yaml", "requirements.txt", "pyproject.toml"):
        shutil.copy(repository / name, place)
    for name in FOLDERS:
        (place / name).mkdir()
    shutil.copytree(PRETRAINED / "tiny-gpt2", place / "my_model", dirs_exist_ok=True)
    films = [("a fine film", "positive"), ("a dull film", "negative")]
    for split, count in (("train", 20), ("dev", 10)):
        rows = "".join(f"{text} {n},{label}\n" for n in range(count) for text, label in films)
        (place / "my_sentences" / f"{split}.csv").write_text(f"sentence,label\n{rows}")
        for shade, label in enumerate(("dark", "light")):
            folder = place / "my_pictures" / split / label
            folder.mkdir(parents=True)
            for n in range(count):
                Image.new("RGB", (32, 32), (120 * shade + n,) * 3).save(folder / f"{n}.png")
    prepare_database(place / "mlflow.db")
    return place


@pytest.fixture(scope="module")
def shell(project):
    """Run lines of a shell in that project; all must succeed."""
    clean = {key: value for key, value in os.environ.items() if "MLFLOW" not in key}
    environment = {**clean, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "HF_HUB_OFFLINE": "1"}

    def run(lines):
        done = subprocess.run(
            ["bash", "-euc", lines],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def blocks(readme, heading, language):
    own = readme.split(heading, 1)[1].split("\n**Your ")[0].split("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", own, re.DOTALL)


def page_of(project, output):
    return (project / output.rsplit("report: ", 1)[1].split("\n")[0]).read_text(encoding="utf-8")


def test_a_model_of_ones_own_is_tuned_aligned_and_reported(readme, project, shell):
    (lines,) = blocks(readme, "**Your model**", "bash")
    assert "my_model" in page_of(project, shell(lines))


def test_tasks_of_ones_own_are_tuned_on(readme, shell):
    (lines,) = blocks(readme, "**Your task**", "bash")
    output = shell(lines)
    assert "registered: models:/tiny-gpt2-sst2" in output
    assert "registered: models:/tiny-vit-image-folder" in output


def test_brain_data_of_ones_own_becomes_a_page(readme, project, shell, monkeypatch):
    (lines,) = blocks(readme, "**Your brain data**", "python")
    passages = [f"p{n}" for n in range(12) for _ in range(4)]
    own = {
        "sentences": [f"sentence {n} of {name} ." for n, name in enumerate(passages)],
        "passages": passages,
        "responses": {
            f"s{n}": np.random.default_rng(n).standard_normal((48, 30)) for n in range(3)
        },
    }
    monkeypatch.chdir(project)
    exec(lines, own)
    tune = (
        "mlflow run . --env-manager local -e tune -P task=summarization -P max_steps=4 -P method="
    )
    shell(f"{tune}full -P max_eval=10; {tune}prompt -P max_eval=10")
    (commands,) = blocks(readme, "**Your brain data**", "bash")
    assert "arrays" in page_of(project, shell(commands))


@pytest.fixture
def server(readme, project, shell):
    """Serve the model as README does."""
    shell("python -m entrypoints.tune --task summarization --method prompt --max_steps 4")
    command = next(b for b in blocks(readme, "## Serve a model", "bash") if "serve" in b)
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    process = subprocess.Popen(
        ["bash", "-ec", command.replace("\nmlflow", "\nexec mlflow")],
        cwd=project,
        env=environment,
        start_new_session=True,
    )
    yield process
    os.killpg(process.pid, 15)
    process.wait()


def test_every_curl_is_answered_as_readme_says(readme, server, shell):
    for _ in range(300):
        assert server.poll() is None, "mlflow models serve has ended"
        try:
            requests.get("http://127.0.0.1:5001/ping", timeout=1)
            break
        except requests.ConnectionError:
            time.sleep(0.2)
    curls = next(b for b in blocks(readme, "## Serve a model", "bash") if "curl" in b)
    summary, features, refused = (
        json.loads(shell(f"curl{curl}")) for curl in curls.split("curl")[1:]
    )
    assert [type(text) for text in summary["predictions"]] == [str]
    assert np.asarray(features["predictions"]).shape == (1, 5, 128)
    message = re.search(r"status 400:\n`(.*?)`", readme)[1]
    assert message in refused["message"]


def test_mlflow_run_makes_its_own_environment_under_uv(shell):
    output = shell(
        "mlflow run . --env-manager uv -e tune -P task=digits -P base=tiny-vit -P method=base"
        " -P max_eval=20"
    )
    assert "registered: models:/tiny-vit-digits" in output
