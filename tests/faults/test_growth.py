"""A long-lived process that aligns again and again does not grow."""

import gc
import time

import psutil
import pytest
from note import write_part

from pipeline.config import AlignConfig, PrepareConfig, TuneConfig
from pipeline.tracking.stages.align.stage import run_align
from pipeline.tracking.stages.prepare import run_prepare
from pipeline.tracking.stages.tune.stage import run_tune

BRAIN = {"brain": "simulated-pictures", "n_subjects": 1, "n_stimuli": 24, "n_voxels": 4}
QUICK = {"folds": 2, "inner_folds": 2, "trials": 1, "workers": 1, "nuisance": False}
WARM = 10  # alignments after which everything is imported and every cache is full
N_ALIGNMENTS = 1000
MOST_GROWTH = 50.0  # MB


@pytest.fixture(scope="module")
def settings(empty_store):
    """Prepare the smallest brain data and register a base: what is measured is all around them."""
    tuned = {"base": "tiny-vit", "task": "digits", "method": "base", "max_eval": 12}
    model = run_tune(TuneConfig.model_validate(tuned)).uri
    prepared = run_prepare(PrepareConfig.model_validate(BRAIN))
    return {"model": model, "brain": "prepared", "brain_dir": str(prepared.folder), **QUICK}


def megabytes():
    gc.collect()
    return psutil.Process().memory_info().rss / 2**20


def growth(settings, n_alignments):
    """Align with another range of alphas each time; the megabytes that memory has grown by."""
    for number in range(n_alignments + WARM):
        if number == WARM:
            before = megabytes()
        another = {**settings, "alpha_high": 1e4 + number}
        run_align(AlignConfig.model_validate(another))
    return megabytes() - before


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_thousand_alignments_in_one_process_take_no_more_memory(settings):
    begin = time.monotonic()
    grown = growth(settings, N_ALIGNMENTS)
    seconds = (time.monotonic() - begin) / N_ALIGNMENTS
    assert grown < MOST_GROWTH
    write_part(
        "memory",
        f"{N_ALIGNMENTS:,} small alignments in one process, each with a run of its own "
        f"({seconds:.1f} s): memory grew by {grown:.0f} MB.",
    )
