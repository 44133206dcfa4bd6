"""A store of its own for the tests of tracking, with a few models tuned for moments."""

import logging
import os
from pathlib import Path

import mlflow
import pytest
from little_brains import write_little_brain
from quick_alignment import BRAIN, QUICK
from small_study import study_of

from pipeline.config import AlignConfig, TuneConfig
from pipeline.tracking.databases import prepare_database
from pipeline.tracking.stages.align.stage import run_align
from pipeline.tracking.stages.study import run_study
from pipeline.tracking.stages.tune.stage import run_tune
from pipeline.tracking.store import open_store

TUNING = {"max_train": 120, "max_eval": 12, "batch_size": 8, "eval_every": 5, "max_steps": 10}


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    """Open an empty store, in a directory of its own."""
    folder = tmp_path_factory.mktemp("store")
    before = Path.cwd()
    os.chdir(folder)
    os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/mlflow.db"
    open_store()
    logging.getLogger("pipeline").setLevel(logging.INFO)
    yield folder
    os.chdir(before)
    del os.environ["MLFLOW_TRACKING_URI"]
    mlflow.set_tracking_uri(None)


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """Give the file of a store that holds nothing, to be copied: making one takes seconds."""
    path = tmp_path_factory.mktemp("whole") / "mlflow.db"
    prepare_database(path)
    return path


@pytest.fixture(scope="session")
def config_of():
    """Make quick settings for tuning."""

    def make(base, task, method, **settings):
        return TuneConfig.model_validate(
            {**TUNING, "base": base, "task": task, "method": method, **settings}
        )

    return make


@pytest.fixture(scope="session")
def prompt(store, config_of):
    settings = {"prompt_length": 8, "learning_rate": 0.05}
    return run_tune(config_of("tiny-gpt2", "summarization", "prompt", **settings))


@pytest.fixture(scope="session")
def full(store, config_of):
    return run_tune(config_of("tiny-gpt2", "summarization", "full", learning_rate=1e-3))


@pytest.fixture(scope="session")
def vpt(store, config_of):
    return run_tune(config_of("tiny-vit", "digits", "vpt-shallow", learning_rate=0.1))


@pytest.fixture(scope="session")
def aligned(prompt):
    """Align the prompt, once for all files that look at what came of it."""
    return run_align(AlignConfig(model=f"models:/{prompt.name}@prompt", brain=BRAIN, **QUICK))


@pytest.fixture(scope="session")
def small_study(tmp_path_factory):
    return study_of(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="session")
def first_study(store, small_study):
    """Run the small study, once for all files that look at what came of it."""
    return run_study(small_study)


@pytest.fixture(scope="session")
def few_sentences(tmp_path_factory):
    """Give the settings that name a brain dataset of 48 sentences."""
    return write_little_brain("simulated-sentences", tmp_path_factory.mktemp("few") / "sentences")


@pytest.fixture(scope="session")
def few_pictures(tmp_path_factory):
    """Give the settings that name a brain dataset of 48 pictures."""
    return write_little_brain("simulated-pictures", tmp_path_factory.mktemp("few") / "pictures")


@pytest.fixture
def client(store):
    return mlflow.MlflowClient()
