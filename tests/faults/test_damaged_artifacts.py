"""A damaged artifact of a store is not used, and made again by the command that made it."""

import itertools
import traceback

import mlflow
import pandas as pd
import pytest
import yaml
from faults.damage import HARMS, artifacts, newest_of_each_kind
from note import write_part

from pipeline.config import PrepareConfig, read_study
from pipeline.tracking.catalogue import catalogue
from pipeline.tracking.lineage import read_lineage
from pipeline.tracking.registered import resolve
from pipeline.tracking.registry import is_undamaged
from pipeline.tracking.seals import is_whole
from pipeline.tracking.stages.align.aligned import Aligned
from pipeline.tracking.stages.prepare import run_prepare
from pipeline.tracking.stages.study import run_study

TUNED = {"max_train": 40, "max_eval": 10, "max_steps": 2, "eval_every": 1}
ALIGNED = {"folds": 2, "inner_folds": 2, "trials": 2, "workers": 1}
BRAIN = {"brain": "simulated-sentences", "n_subjects": 2, "n_stimuli": 48, "n_voxels": 12}


def study_of(brain_dir):
    """Give a study whose version holds a prompt, weights and a tokenizer."""
    grid = {
        "bases": ["tiny-gpt2"],
        "tasks": ["summarization"],
        "methods": ["prompt-full"],
        "brains": [{"brain": "prepared", "brain_dir": str(brain_dir)}],
        "tune": TUNED,
        "by_method": {"prompt-full": {"prompt_length": 3}},
        "align": ALIGNED,
    }
    return {"name": "harmed", "asks": "Is what is damaged made again?", "grids": [grid]}


@pytest.fixture(scope="module")
def command(empty_store):
    """Prepare brain data and run a study of it, as the same two commands do again and again."""

    def run():
        prepared = run_prepare(PrepareConfig.model_validate(BRAIN))
        path = empty_store / "harmed.yaml"
        path.write_text(yaml.safe_dump(study_of(prepared.folder)))
        return prepared, run_study(read_study(path, catalogue()))

    return run


@pytest.fixture(scope="module")
def whole(command):
    """Run the commands once, and note the scores."""
    return scores_of(command())


def scores_of(found):
    """Give the scores and ceilings of every alignment of a study."""
    _, studied = found
    _, links = read_lineage(studied.run_id)
    every = [Aligned(one.align_run, one.extract_run, one.brain, one.simulated) for one in links]
    return [table for one in every for table in (one.every_score(), one.ceilings())]


def assert_whole(found):
    """Assert that whatever the commands point to is as it was logged."""
    prepared, studied = found
    _, links = read_lineage(studied.run_id)
    runs = {prepared.run_id, studied.run_id, studied.report.run_id}
    for link in links:
        runs |= {link.tune_run, link.extract_run, link.align_run}
        assert is_undamaged(resolve(link.model)), f"{link.model} is damaged"
    for run_id in runs:
        run = mlflow.get_run(run_id)
        assert is_whole(run), f"{run.data.tags['stage']} is damaged"


def assert_healed(command, whole):
    """Assert that the same commands end in the same scores, and leave nothing damaged in use."""
    found = command()
    assert_whole(found)
    for now, before in zip(scores_of(found), whole, strict=True):
        pd.testing.assert_frame_equal(now, before)


def test_a_store_in_which_every_artifact_is_damaged_is_computed_anew(empty_store, command, whole):
    harms = itertools.cycle(HARMS.values())
    for path in artifacts(empty_store):
        if path.stat().st_size:
            next(harms)(path)
    assert_healed(command, whole)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_damaged_artifact_of_any_kind_is_made_again(empty_store, command, whole):
    command()
    kinds = list(newest_of_each_kind(empty_store))
    harms = ("flip", "truncate", "delete")
    faults = []
    for kind, harm in itertools.product(kinds, harms):
        HARMS[harm](newest_of_each_kind(empty_store)[kind])
        try:
            assert_healed(command, whole)
        except Exception:
            faults.append(f"{harm} {kind}:\n{traceback.format_exc(limit=-3)}")
            print(faults[-1])
    assert not faults, "\n".join(faults)
    write_part(
        "damage",
        f"{len(kinds)} kinds of artifact that `prepare` and a study leave in a store, each in "
        f"{len(harms)} ways ({', '.join(harms)}): {len(kinds) * len(harms)} accidents, one at a "
        "time. No damaged artifact was used and no command ended in a traceback; after the same "
        "commands again the scores were those of an unharmed store, and every run and version "
        "that they point to was whole.\n\n" + ", ".join(f"`{kind}`" for kind in kinds) + ".",
    )
