"""The MLflow UI, as make ui starts it: every link shows what it says, without an error."""

import os
import re
import socket
import subprocess
import sys
import time

import pytest
from browser import browser, errors_of, needs_browser

from pipeline.config import read_study
from pipeline.tracking.catalogue import catalogue
from pipeline.tracking.stages.study import run_study

STUDY = """
name: to look at
asks: What does a person see?
grids:
  - bases: [tiny-vit]
    tasks: [shapes]
    methods: [base, full, vpt-shallow]
    brains: [simulated-pictures]
    tune: {max_train: 64, max_eval: 20, max_steps: 4, eval_every: 2}
    align: {folds: 3, inner_folds: 2, trials: 3, pooling: class}
"""
PATIENCE = 60  # seconds for a page that a server makes for the first time
#: MLflow asks for a user where nobody logs in, and says when a box was resized.
OF_MLFLOW = ("users/current", "ResizeObserver")

pytestmark = [pytest.mark.slow, needs_browser]


@pytest.fixture(scope="module")
def study(store, tmp_path_factory):
    path = tmp_path_factory.mktemp("study") / "study.yaml"
    path.write_text(STUDY)
    return run_study(read_study(path, catalogue()))


@pytest.fixture(scope="module")
def links(study, store, repository):
    """Start the UI, and give its links by what they show."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "entrypoints.ui", "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": os.fspath(repository)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    server = subprocess.Popen(command, cwd=store, env=environment, text=True, **pipes)
    output = ""
    while "Ctrl-C" not in output:
        line = server.stdout.readline()
        assert line, server.stderr.read()
        output += line
    yield dict(re.findall(r"^([^:]+): +(http\S+)$", output, re.MULTILINE))
    server.terminate()
    assert server.wait(timeout=60) == 128 + 15
    assert server.stderr.read() == ""


@pytest.fixture(scope="module")
def page(links):
    with browser() as driver:
        driver.get(links["Models"].split("#")[0])
        for key, value in (("fab.autoOpenedOnFirstLoad_v1", "true"), ("panelOpen_v1", "false")):
            driver.execute_script(f"localStorage['mlflow.assistant.{key}'] = '{value}'")
        yield driver


def text_of(page, address, *expected):
    """Open an address, and wait until its page shows what is expected of it."""
    page.get("about:blank")
    errors_of(page)
    page.get(address)
    end = time.monotonic() + PATIENCE
    text = ""
    while time.monotonic() < end and not all(words in text for words in expected):
        time.sleep(0.5)
        text = page.execute_script("return document.body.innerText")
    missing = [words for words in expected if words not in text]
    assert not missing, f"{missing} not in {text[:2000]}"
    errors = [e for e in errors_of(page) if not any(known in e for known in OF_MLFLOW)]
    assert errors == []
    return text


def test_the_first_link_shows_the_answer_and_its_figure(page, links):
    text_of(page, links["Answer and report"], "What does a person see?", "shallow visual prompt")
    drawn = "[...document.images].some(i => i.src.includes('answer.svg') && i.naturalWidth)"
    end = time.monotonic() + PATIENCE
    while not page.execute_script(f"return {drawn}") and time.monotonic() < end:
        time.sleep(0.5)
    assert page.execute_script(f"return {drawn}")


def test_the_second_shows_the_scores_of_every_alignment(page, links):
    names = [f"{method} align tiny-vit-shapes" for method in ("base", "full", "vpt-shallow")]
    text_of(page, links["Scores of all runs"], "encoding_2v2/LOC", "matching runs", *names)


def test_the_third_shows_the_models(page, links):
    text_of(page, links["Models"], "tiny-vit-shapes-full", "tiny-vit-shapes-vpt-shallow")


def test_the_fourth_compares_prompt_and_full(page, links):
    address = links["Prompt beside full"]
    text_of(page, address, "Comparing 2 Versions", "encoding_2v2/LOC", "task/accuracy")


def test_a_version_says_what_it_is(page, links):
    server = links["Models"].split("#")[0]
    text_of(page, f"{server}#/models/tiny-vit-shapes/versions/1", "Version 1", "method")


def test_the_report_shows_in_the_artifacts_tab(page, links, study):
    address = links["Answer and report"].replace("?", "/artifacts/report.html?")
    text_of(page, address, "report.html", "figures", "tables")
    end = time.monotonic() + PATIENCE
    while not (frames := page.find_elements("css selector", "iframe")) and time.monotonic() < end:
        time.sleep(0.5)
    page.switch_to.frame(frames[0])
    assert "What does a person see?" in page.execute_script("return document.body.innerText")
    page.switch_to.default_content()
