"""A damaged artifact of a store is not used, and made again by the command that made it."""

import itertools

import pandas as pd
import pytest
import yaml
from faults.damage import HARMS

from pipeline.config import read_study
from pipeline.tracking.catalogue import catalogue
from pipeline.tracking.digests import file_digests
from pipeline.tracking.lineage import read_lineage
from pipeline.tracking.stages.align.aligned import Aligned
from pipeline.tracking.stages.study import run_study

TUNED = {"max_train": 40, "max_eval": 10, "max_steps": 2, "eval_every": 1}
STUDY = {
    "name": "harmed",
    "asks": "Is what is damaged made again?",
    "grids": [
        {
            "bases": ["tiny-gpt2"],
            "tasks": ["summarization"],
            "methods": ["prompt"],
            "brains": ["simulated-sentences"],
            "tune": {**TUNED, "prompt_length": 3},
            "align": {"folds": 2, "inner_folds": 2, "trials": 2},
        }
    ],
}


@pytest.fixture(scope="module")
def study(empty_store):
    path = empty_store / "harmed.yaml"
    path.write_text(yaml.safe_dump(STUDY))
    return read_study(path, catalogue())


@pytest.fixture(scope="module")
def whole(study):
    """Run the study once, and note its scores and every artifact."""
    return scores_of(run_study(study))


def scores_of(studied):
    _, links = read_lineage(studied.run_id)
    (link,) = links
    aligned = Aligned(link.align_run, link.extract_run, link.brain, link.simulated)
    return aligned.every_score(), aligned.ceilings(), studied.report.terminal


def artifacts(store):
    """Give the files that runs and models of the store hold now."""
    return sorted(store / "mlruns" / name for name in file_digests(store / "mlruns"))


def newest(store, name):
    """Give the newest artifact whose path ends like that."""
    paths = [path for path in artifacts(store) if path.as_posix().endswith(name)]
    return max(paths, key=lambda path: path.stat().st_mtime_ns)


def assert_healed(study, whole):
    scores, ceilings, _ = scores_of(run_study(study))
    pd.testing.assert_frame_equal(scores, whole[0])
    pd.testing.assert_frame_equal(ceilings, whole[1])


#: Artifacts that a later stage or a person relies on, one of each kind.
KINDS = (
    "base/config.json",
    "base/model.safetensors",
    "base/tokenizer.json",
    "artifacts/MLmodel",
    "artifacts/registered_model.py",
    "travelling/loading.py",
    "tuned/card.json",
    "tuned/weights/model.safetensors",
    "tuned/tokenizer/tokenizer.json",
    "model_files.json",
    "features.safetensors",
    "nuisance.csv",
    "ceilings.csv",
    "scores.csv",
    "alphas.csv",
    "pair_sums.parquet",
    "report.html",
    "summary.md",
    "terminal.txt",
    "lineage.json",
    "manifest.json",
)


def test_a_store_in_which_every_artifact_is_damaged_is_computed_anew(empty_store, study, whole):
    harms = itertools.cycle(HARMS.values())
    for path in artifacts(empty_store):
        if path.stat().st_size:
            next(harms)(path)
    assert_healed(study, whole)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_artifact_of_any_kind_is_made_again(empty_store, study, whole, kind, harm):
    run_study(study)
    HARMS[harm](newest(empty_store, kind))
    assert_healed(study, whole)
