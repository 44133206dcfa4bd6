"""A long-lived process that aligns again and again does not grow."""

import psutil
import pytest
from note import write_part

from pipeline.config import AlignConfig, TuneConfig
from pipeline.tracking.stages.align.stage import run_align
from pipeline.tracking.stages.tune.stage import run_tune

QUICK = {"folds": 2, "inner_folds": 2, "trials": 1, "workers": 1, "nuisance": False}
WARM = 10  # alignments after which everything is imported and every cache is full


@pytest.fixture(scope="module")
def model(empty_store):
    settings = {"base": "tiny-vit", "task": "digits", "method": "base", "max_eval": 12}
    return run_tune(TuneConfig.model_validate(settings)).uri


def megabytes():
    return psutil.Process().memory_info().rss / 2**20


def growth(model, n_alignments):
    """Align with other seeds each time; the megabytes that memory has grown by."""
    settings = {"model": model, "brain": "simulated-pictures", **QUICK}
    for seed in range(n_alignments + WARM):
        if seed == WARM:
            before = megabytes()
        run_align(AlignConfig.model_validate({**settings, "seed": seed}))
    return megabytes() - before


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_thousand_alignments_in_one_process_take_no_more_memory(model):
    grown = growth(model, 1000)
    assert grown < 50
    write_part("memory", f"1,000 small alignments in one process: memory grew by {grown:.0f} MB.")
