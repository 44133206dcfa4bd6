"""Settings and responses pass through few files on their way from the command to its scores."""

import re
import sys
import threading
from collections.abc import Mapping
from contextlib import contextmanager

import numpy as np
import pytest

from entrypoints.align import main
from pipeline.alignment.columns import VoxelColumns
from pipeline.alignment.dataset.subject_rois import SubjectRois
from pipeline.alignment.score_fold import RoisBySide
from pipeline.brains import BRAINS
from pipeline.brains.load import load_brain
from pipeline.brains.prepared import write_canonical
from pipeline.brains.responses import Responses
from pipeline.config import SimulatedBrainConfig, StageConfig
from pipeline.tracking.stages.untouched import version_of

OF_A_SUBJECT = (Responses, SubjectRois, VoxelColumns, RoisBySide)
SIZES = {"n_subjects": 2, "n_stimuli": 32, "n_voxels": 8, "n_repeats": 2}
QUICK = ("--folds", "2", "--inner_folds", "2", "--trials", "2", "--workers", "1")


@contextmanager
def files_that_take(repository, sought):
    """List the files of the project with a function that is called with what is sought."""
    files = {name: set() for name in sought}
    roots = tuple(f"{repository}/{room}/" for room in ("pipeline", "entrypoints"))

    def note(frame, *_):
        code = frame.f_code
        if code.co_filename.startswith(roots):
            arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            values = [frame.f_locals.get(name) for name in arguments]
            for name, is_sought in sought.items():
                if any(map(is_sought, values)):
                    files[name].add(code.co_filename.removeprefix(f"{repository}/"))

    before = sys.gettrace()
    threading.settrace(note)  # Gram matrices are formed by threads
    sys.settrace(note)
    try:
        yield files
    finally:
        sys.settrace(before)
        threading.settrace(before)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Lay down a small brain dataset, and read it."""
    folder = tmp_path_factory.mktemp("brain") / "prepared"
    config = SimulatedBrainConfig(brain="simulated-sentences", **SIZES)
    write_canonical(BRAINS["simulated-sentences"].read(config), folder)
    return folder, load_brain("prepared", str(folder))


def teller_of(brain):
    """Tell responses of a subject as they are, whole or cut out; not averaged or z-scored."""
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
        return isinstance(value, OF_A_SUBJECT)

    return tell


@pytest.fixture(scope="module")
def files(store, repository, prepared):
    folder, brain = prepared
    version_of("tiny-gpt2")
    sought = {
        "settings": lambda value: isinstance(value, StageConfig),
        "responses": teller_of(brain),
    }
    command = ("--model", "tiny-gpt2", "--brain", "prepared", "--brain_dir", str(folder), *QUICK)
    with files_that_take(repository, sought) as through:
        main(command)
    return through


@pytest.fixture(scope="module")
def listed(repository):
    """Read the files that CONTRIBUTING lists for settings, and for responses."""
    text = (repository / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.split("to a score\n")[1].split("\n## ")[0]
    settings, responses = section.split("And with a subject's responses")
    return {
        what: re.findall(r"^ {4}(\S+\.py)", part, re.MULTILINE)
        for what, part in (("settings", settings), ("responses", responses))
    }


@pytest.mark.parametrize(("what", "most"), [("settings", 15), ("responses", 12)])
def test_they_pass_through_few_files_which_contributing_lists(files, listed, what, most):
    assert sorted(files[what]) == sorted(listed[what])
    assert len(listed[what]) <= most
