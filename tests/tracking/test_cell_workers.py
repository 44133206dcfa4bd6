"""Cells for workers: which are done already, and in which order the others are given out."""

from pathlib import Path

import pytest

from pipeline.config import read_study
from pipeline.tracking.catalogue import catalogue
from pipeline.tracking.looking_up import UndoneError, looked_up
from pipeline.tracking.runs import find_runs
from pipeline.tracking.stages.cell_workers import apart
from pipeline.tracking.stages.tune.stage import run_tune

DEMO = Path(__file__).parents[2] / "studies" / "demo.yaml"
VPT = ("tiny-vit", "digits", "vpt-shallow")


def test_neighbours_share_neither_base_nor_task_and_methods_keep_their_order():
    cells = list(read_study(DEMO, catalogue()).cells())
    order = [(cells[n].tune["task"], cells[n].tune["method"]) for n in apart(cells)]
    assert order[:6] == [
        ("summarization", "base"),
        ("digits", "base"),
        ("question-answering", "base"),
        ("shapes", "base"),
        ("translation", "base"),
        ("summarization", "untrained"),
    ]
    for task in ("translation", "shapes"):
        methods = [method for other, method in order if other == task]
        trained = ["full", "prompt" if task == "translation" else "vpt-shallow"]
        assert methods == ["base", "untrained", "random-prompt", *trained]
    assert len(order) == len(cells)


def test_looking_up_begins_nothing_and_finds_what_is_done(config_of, vpt):
    before = {run.info.run_id for run in find_runs("")}
    settings = {"seed": 61, "learning_rate": 1e-2, "max_steps": 2}
    with looked_up(), pytest.raises(UndoneError, match="vpt-shallow"):
        run_tune(config_of(*VPT, **settings))
    assert {run.info.run_id for run in find_runs("")} == before
    with looked_up():
        assert run_tune(config_of(*VPT, learning_rate=0.1)).uri == vpt.uri
