"""Fixtures that all tests share: offline, and the tiny bases of the repository."""

import gc
import os
import sys
from pathlib import Path

gc.disable()  # until all is imported and collected: see pytest_collection_finish
# else each of the processes that tests start would compile the project anew
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
if "PYTEST_XDIST_WORKER" in os.environ:  # one thread for each of several processes
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import pytest
from few_examples import few_examples
from sqlalchemy import Engine, event

import pipeline  # noqa: F401  (lets torchvision import beside a CPU build of torch)

# Libraries that take seconds to import are imported where they are used: the process that deals out
# the tests to others needs none of them.
REPOSITORY = Path(__file__).parents[1]
# how long a busy machine takes to draw an example says nothing about the claim
hypothesis.settings.register_profile(
    "busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy")
#: Rooms whose files take longest. They are started first: a long file left for the end would keep
#: one process at work while the others have nothing to do.
LONGEST_FIRST = ("entrypoints", "faults", "tracking", "tuning")


#: Files of tracking that look at the same models or at the same study. One process runs them one
#: after the other, and makes these once.
TOGETHER = {
    "versions of sentences": (
        *("align_again", "align_refusals", "align_stage", "brain_pictures", "extract_stage"),
        *("interpolate_stage", "minimal_pairs_stage", "models_as_they_are", "registered_model"),
        *("regime_stages", "registry", "serving_params", "tune_stage"),
    ),
    "the small study": ("archives", "public_api", "read_only_stores", "study_stage"),
}
GROUPS = {f"tests/tracking/test_{n}.py": group for group, names in TOGETHER.items() for n in names}


@event.listens_for(Engine, "connect")
def _connect(connection, record):
    """Let SQLite not wait for the disk: no store of a test has to outlive the machine."""
    from pipeline.tracking.databases import write_when_it_suits

    write_when_it_suits(connection, record)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give out whole files, as ``--dist loadfile`` does, and those of a group together."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class LoadGroups(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return GROUPS.get(file, file)

    return LoadGroups(config, log)


def pytest_collection_modifyitems(items):
    """Put the rooms that take longest first, and leave the order inside rooms as it is."""
    turn = {room: number for number, room in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: min(turn.get(part, len(turn)) for part in item.path.parts))


def pytest_collection_finish():
    """Let collections of garbage pass over libraries and tests, which stay.

    These are more than half a million objects, through which each collection goes in 0.4 s, and
    every training collects twice. While they are imported nothing is collected at all, which is
    a third of the time that it takes.
    """
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def repository():
    return REPOSITORY


@pytest.fixture(scope="module", autouse=True)
def _in_the_repository(request):
    """Start every file in the repository; those of tracking work in the folder of their store."""
    if "tracking" in request.path.parts:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(REPOSITORY)
        yield


@pytest.fixture(scope="session")
def start_of():
    """Make what a method adapts, for one of the embedded bases and a little of a task."""

    from pipeline.config import MethodConfig
    from pipeline.data import TASKS
    from pipeline.models.bases import PRETRAINED
    from pipeline.models.travelling.card import Card, base_digest
    from pipeline.tuning.methods import METHODS
    from pipeline.tuning.start import Start

    def make(base, task, method, prompt_length=0, max_train=64, max_eval=16):
        entry = TASKS[task]
        data = entry.load(few_examples(max_train, max_eval, seed=0))
        folder = PRETRAINED / base
        card = Card(
            base=base,
            base_digest=base_digest(folder),
            modality=entry.modality,
            task=task,
            method=method,
            storage=METHODS[method].storage[entry.modality],
            form=entry.form,
            insertion=METHODS[method].insertion,
            prompt_length=prompt_length,
            cue=entry.cue,
            max_target_tokens=entry.max_target_tokens,
            classes=entry.classes,
        )
        return Start(folder, card, data.train, MethodConfig()), data

    return make


@pytest.fixture(scope="session")
def adapted(start_of):
    """Adapt an embedded base with a method, untrained."""
    from pipeline.tuning.methods import METHODS

    def make(base, task, method, prompt_length=0):
        start, _ = start_of(base, task, method, prompt_length)
        return METHODS[method].adapt(start)

    return make


@pytest.fixture(scope="session")
def architecture(tmp_path_factory):
    """Give the folder of a small base: an embedded one, or gpt2, roberta, t5, bart (random)."""
    from architectures import make_architecture

    from pipeline.models.bases import PRETRAINED

    made = {}

    def find(kind):
        if kind.startswith("tiny-"):
            return PRETRAINED / kind
        if kind not in made:
            made[kind] = make_architecture(kind, tmp_path_factory.mktemp(kind))
        return made[kind]

    return find


@pytest.fixture(scope="session")
def text_model(architecture):
    """Load a small base as a model of any form.

    Something is put in by a function if asked, else what the card says is inserted.
    """
    import torch

    from pipeline.models.travelling.card import Card, base_digest
    from pipeline.models.travelling.insertions import INSERTIONS
    from pipeline.models.travelling.text import TextModel
    from pipeline.models.travelling.text_networks import load_text_network, load_tokenizer

    def make(kind, form, put_in=None, **card):
        folder = architecture(kind)
        named = form in ("classification", "cloze", "tagging")
        classes = ("no", "maybe", "yes") if named else ()
        named = {"storage": "whole", "max_target_tokens": 12, "classes": classes, **card}
        made = Card(kind, base_digest(folder), "text", "task", "method", form=form, **named)
        torch.manual_seed(1)
        network = load_text_network(folder, made)
        if put_in:
            network = put_in(network)
        elif made.insertion:
            network = INSERTIONS[made.insertion](network, made)
        return TextModel(network, load_tokenizer(folder), made)

    return make
