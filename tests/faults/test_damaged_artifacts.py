"""A damaged artifact of a store is not used, and made again by the command that made it."""

import itertools
import traceback
from typing import NamedTuple

import mlflow
import pandas as pd
import pytest
import yaml
from faults.damage import HARMS, artifacts, newest_of_each_kind
from faults.stores import opened
from note import write_part
from parts import Parts

from pipeline.config import PrepareConfig, read_study
from pipeline.tracking.catalogue import catalogue
from pipeline.tracking.lineage import Link, read_lineage
from pipeline.tracking.registered import resolve
from pipeline.tracking.registry import is_undamaged
from pipeline.tracking.seals import is_whole
from pipeline.tracking.stages.align.aligned import Aligned
from pipeline.tracking.stages.cell import links_of
from pipeline.tracking.stages.prepare import run_prepare
from pipeline.tracking.stages.study import run_study

TUNED = {"max_train": 40, "max_eval": 10, "max_steps": 2, "eval_every": 1}
ALIGNED = {"folds": 2, "inner_folds": 2, "trials": 2, "workers": 1}
SMALL = {"n_subjects": 2, "n_stimuli": 48, "n_voxels": 12}
#: A version of sentences holds a prompt, weights and a tokenizer; one of pictures is made soonest.
STUDIES = {
    "sentences": {"bases": ["tiny-gpt2"], "tasks": ["summarization"], "methods": ["prompt-full"]},
    "pictures": {"bases": ["tiny-vit"], "tasks": ["digits"], "methods": ["full"]},
}
HARMED = ("flip", "truncate", "delete")
#: What versions and bases of text hold beside what those of pictures hold.
OF_TEXT_ALONE = ("tokenizer", "inserted", "generation_config")


def study_of(grid, brain_dir):
    """Give a study of a prepared brain dataset."""
    brains = [{"brain": "prepared", "brain_dir": str(brain_dir)}]
    whole = {**grid, "brains": brains, "tune": TUNED, "align": ALIGNED}
    return {"name": "harmed", "asks": "Is what is damaged made again?", "grids": [whole]}


@pytest.fixture(
    scope="module", params=["sentences", pytest.param("pictures", marks=pytest.mark.slow)]
)
def store(request, tmp_path_factory):
    """Open an empty store for one of the studies."""
    with opened(tmp_path_factory.mktemp(request.param)) as folder:
        yield folder


class Outcome(NamedTuple):
    """What commands end with: the links of their models, and all runs that they point to."""

    links: list[Link]
    runs: set[str]


@pytest.fixture(scope="module")
def command(store):
    """Prepare brain data and run a study of it, or what comes before its report alone."""
    stimuli = next(name for name in STUDIES if store.name.startswith(name))
    settings = {"brain": f"simulated-{stimuli}", **SMALL}

    def run(reporting=True):
        prepared = run_prepare(PrepareConfig.model_validate(settings))
        path = store / "harmed.yaml"
        path.write_text(yaml.safe_dump(study_of(STUDIES[stimuli], prepared.folder)))
        study = read_study(path, catalogue())
        if not reporting:
            links = [link for cell in study.cells() for link in links_of(cell)]
            return Outcome(links, {prepared.run_id})
        studied = run_study(study)
        _, links = read_lineage(studied.run_id)
        return Outcome(links, {prepared.run_id, studied.run_id, studied.report.run_id})

    return run


@pytest.fixture(scope="module")
def whole(command):
    """Run the commands once, and note the scores."""
    return scores_of(command())


def scores_of(outcome):
    """Give the scores and ceilings of every alignment."""
    every = [
        Aligned(link.align_run, link.extract_run, link.brain, link.simulated)
        for link in outcome.links
    ]
    return [table for one in every for table in (one.every_score(), one.ceilings())]


def assert_healed(outcome, whole):
    """Assert that scores are as before, and that nothing damaged is in use."""
    runs = set(outcome.runs)
    for link in outcome.links:
        runs |= {link.tune_run, link.extract_run, link.align_run}
        assert is_undamaged(resolve(link.model)), f"{link.model} is damaged"
    for run_id in runs:
        run = mlflow.get_run(run_id)
        assert is_whole(run), f"{run.data.tags['stage']} is damaged"
    for now, before in zip(scores_of(outcome), whole, strict=True):
        pd.testing.assert_frame_equal(now, before)


def test_a_store_in_which_every_artifact_is_damaged_is_computed_anew(store, command, whole):
    harms = itertools.cycle(HARMS.values())
    for path in artifacts(store):
        if path.stat().st_size:
            next(harms)(path)
    assert_healed(command(), whole)


def kinds_in(store):
    """List the kinds to harm: all of pictures, and what those of sentences hold beside them."""
    kinds = newest_of_each_kind(store)
    if store.name.startswith("pictures"):
        return list(kinds)
    return [kind for kind in kinds if any(word in kind for word in OF_TEXT_ALONE)]


def _of_report(kind):
    return kind.startswith("report: ")


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("harm", HARMED)
def test_a_damaged_artifact_of_any_kind_is_made_again(request, store, command, whole, harm):
    command()
    # those of the report first, as long as it is the newest there is
    kinds, faults = sorted(kinds_in(store), key=lambda kind: not _of_report(kind)), []
    for kind in kinds:
        HARMS[harm](newest_of_each_kind(store)[kind])
        try:
            assert_healed(command(_of_report(kind)), whole)
        except Exception:
            faults.append(f"{harm} {kind}:\n{traceback.format_exc(limit=-3)}")
            print(faults[-1])
    assert not faults, "\n".join(faults)
    for kind in kinds:
        Parts(request.config.cache, "damage").finish(f"{harm} {kind}")


@pytest.mark.slow
def test_the_note_says_what_all_accidents_came_to(request):
    finished = Parts(request.config.cache, "damage").finished()
    passed = [harm for harm in HARMED if f"{harm} report: report.html" in finished]
    if not passed:
        pytest.skip("no way of coming to harm has passed with this code")
    kinds = list(dict.fromkeys(part.partition(" ")[2] for part in finished))
    write_part(
        "damage",
        f"{len(kinds)} kinds of artifact that `prepare` and a study leave in a store, harmed one "
        f"at a time in {len(finished)} accidents ({', '.join(passed)}). No damaged artifact was "
        "used and no command ended in a traceback; after `prepare`, `tune` and `align` again (the "
        "whole study, where its report was damaged) the scores were those of an unharmed store, "
        "and every run and version that they point to was whole.\n\n"
        + ", ".join(f"`{kind}`" for kind in kinds)
        + ".",
    )
