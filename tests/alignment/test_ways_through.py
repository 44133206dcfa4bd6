"""Settings and responses pass through few files on their way to a score."""

import sys
import threading
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from pipeline.alignment.dataset.ceilings import ceiling_units, mean_ceilings
from pipeline.alignment.dataset.finished_units import compute_unfinished
from pipeline.alignment.dataset.plan import compute_parts, make_plan, model_units
from pipeline.alignment.dataset.subject_rois import SubjectRois
from pipeline.alignment.voxel_columns import VoxelColumns
from pipeline.brains import BRAINS
from pipeline.brains.dataset import BrainDataset
from pipeline.brains.responses import Responses
from pipeline.config import AlignConfig, ComputeConfig, ScoreConfig, SimulatedBrainConfig

PACKAGE = Path(__file__).parents[2] / "pipeline"
OF_SUBJECTS = (BrainDataset, Responses, SubjectRois, VoxelColumns)


@contextmanager
def files_that_take(is_sought):
    """List the files of the package with a function that is called with what is sought."""
    files = set()

    def note(frame, event, _):
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(str(PACKAGE)):
            arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            if any(is_sought(frame.f_locals.get(name)) for name in arguments):
                files.add(Path(code.co_filename).relative_to(PACKAGE).as_posix())

    threading.setprofile(note)  # Gram matrices are formed by threads
    sys.setprofile(note)
    try:
        yield files
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


@pytest.fixture(scope="module")
def brain():
    sizes = {"n_subjects": 2, "n_stimuli": 32, "n_voxels": 8, "n_repeats": 2}
    config = SimulatedBrainConfig(brain="simulated-sentences", **sizes)
    return BRAINS["simulated-sentences"].read(config)


def settings_for(brain):
    return AlignConfig(
        model="tiny-gpt2", brain=brain.name, folds=2, inner_folds=2, trials=2, workers=1
    )


def align_model(brain, folder):
    """Align two layers with a brain dataset, in this process."""
    config = settings_for(brain)
    rng = np.random.default_rng(0)
    features = {f"layer_0{n}": rng.standard_normal((len(brain.stimuli), 6)) for n in range(2)}
    plan = make_plan(config, brain)
    return compute_parts(list(model_units(plan, features, {})), folder / "model", config).scores


def estimate_ceilings(brain, folder):
    config = settings_for(brain)
    units = list(ceiling_units(brain, {}, brain.stimuli.groups, config))
    tables = compute_unfinished([unit.unit for unit in units], folder / "ceilings", config)
    return mean_ceilings(units, tables)


def is_settings(value):
    return isinstance(value, (ScoreConfig, ComputeConfig))


@pytest.fixture(scope="module")
def is_of_subjects(brain):
    """Tell responses as they are, whole or cut out; not averaged, z-scored or predicted."""
    responses = {
        float(value)
        for subject in brain.subjects.values()
        for whole in (subject.values, subject.repeats)
        for value in whole.flat
    }

    def tell(value):
        if isinstance(value, Mapping):
            return any(map(tell, value.values()))
        if isinstance(value, np.ndarray):
            return value.ndim > 1 and value.size > 0 and value.flat[0] in responses
        return isinstance(value, OF_SUBJECTS)

    return tell


def test_settings_of_the_engine_pass_through_at_most_fifteen_files(brain, tmp_path):
    with files_that_take(is_settings) as files:
        scores, ceilings = align_model(brain, tmp_path), estimate_ceilings(brain, tmp_path)
    assert len(scores) * len(ceilings)
    assert "alignment/align.py" in files
    assert len(files) <= 15, sorted(files)


def test_responses_pass_through_at_most_twelve_files_to_a_score(brain, is_of_subjects, tmp_path):
    with files_that_take(is_of_subjects) as files:
        align_model(brain, tmp_path)
    assert {"alignment/kernel/grams.py", "alignment/score_fold.py"} <= files
    assert len(files) <= 12, sorted(files)


def test_ceilings_take_responses_through_three_files_more(brain, is_of_subjects, tmp_path):
    with files_that_take(is_of_subjects) as files:
        align_model(brain, tmp_path)
        alone = set(files)
        estimate_ceilings(brain, tmp_path)
    assert "alignment/ceilings/repeats.py" in files - alone
    assert len(files - alone) <= 3, sorted(files)
