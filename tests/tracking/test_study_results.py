"""A report has of the runs of a study: scores, settings, layers, addresses."""

import mlflow
import numpy as np
import pytest

from pipeline.data import TASKS
from pipeline.extraction.spool import Spool
from pipeline.extraction.store import Origin
from pipeline.tracking.stages.report.brain_frames import layer_number
from pipeline.tracking.stages.report.gather import metrics_to_report
from pipeline.tracking.stages.report.settings import as_text, settings_of
from pipeline.tracking.store import run_link


@pytest.mark.parametrize("task", TASKS)
def test_the_score_that_decides_is_shown_first(task):
    logged = {f"task/{score}": 0.5 for score in TASKS[task].scores}
    assert metrics_to_report(task, logged)[0] == TASKS[task].scores[0]


def test_only_scores_that_were_logged_are_shown():
    logged = {"task/mcc": 0.3, "task/accuracy": 0.7, "task/mcc_error": 0.1, "base/f1": 0.2}
    assert metrics_to_report("cola", logged) == ["mcc", "accuracy"]
    assert metrics_to_report("cola", {"task/accuracy": 0.7}) == ["accuracy"]


def test_the_number_of_a_layer_is_its_place_in_the_model(tmp_path):
    spool = Spool(tmp_path, 4)
    spool.put(range(4), np.random.default_rng(0).normal(size=(12, 4, 3)))
    names = spool.write(Origin("", "", "", ""), tmp_path)
    assert [layer_number(name) for name in names] == list(range(12))


def run(base, method, brain=None, **params):
    names = {"base": base, "method": method, **({"brain": brain} if brain else {})}
    return params, names


def test_a_setting_that_all_runs_share_is_said_once():
    runs = [run("gpt2", "full", folds="5"), run("vit", "full", folds="5", secret="x")]
    assert settings_of(runs) == {"outer folds": "5"}


def test_settings_that_differ_say_whose_they_are_as_briefly_as_they_can():
    by_base = [
        run(b, m, max_train=n)
        for b, n in (("gpt2", "600"), ("vit", "1000"))
        for m in ("full", "prompt")
    ]
    assert settings_of(by_base) == {"training examples, at most": "600 (gpt2), 1,000 (vit)"}
    by_method = [run("gpt2", "full", max_steps="60"), run("gpt2", "prompt", max_steps="100")]
    assert settings_of(by_method) == {"training steps, at most": "60 (full), 100 (prompt)"}
    by_both = [*by_method, run("vit", "full", max_steps="100")]
    assert settings_of(by_both) == {
        "training steps, at most": "60 (gpt2 full), 100 (gpt2 prompt, vit full)"
    }
    by_brain = [run("gpt2", "full", brain, permutations=n) for brain, n in (("a", "0"), ("b", "9"))]
    assert settings_of(by_brain) == {"permutations for p values": "0 (a), 9 (b)"}


def test_settings_that_nothing_tells_apart_are_listed():
    runs = [run("gpt2", "full", folds="5"), run("gpt2", "full", folds="4")]
    assert settings_of(runs) == {"outer folds": "5, 4"}


def test_params_are_written_as_a_person_would():
    read = ("True", "False", "10000.0", "0.0001", "1000", "two_vs_two", "tiny-bert", "grouped")
    assert [as_text(value) for value in read] == [
        "yes",
        "no",
        "10,000",
        "0.0001",
        "1,000",
        "2v2 accuracy",
        "tiny-bert",
        "grouped",
    ]


def test_a_run_has_an_address_only_where_the_store_has_a_server(monkeypatch):
    assert run_link("1", "abc") == ""
    monkeypatch.setattr(mlflow, "get_tracking_uri", lambda: "http://host:5000/")
    assert run_link("1", "abc") == "http://host:5000/#/experiments/1/runs/abc"
