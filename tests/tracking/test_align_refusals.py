"""Alignments that cannot be made are refused, and their run says why."""

import pytest
from quick_alignment import BRAIN

from pipeline.config import AlignConfig
from pipeline.errors import AlignmentError, ConfigError, DataError, RegistryError
from pipeline.tracking.runs import find_runs
from pipeline.tracking.stages.align.stage import run_align


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("models:/tiny-gpt2-sumarization@prompt", r"Did you mean 'tiny-gpt2-summarization'"),
        ("models:/tiny-gpt2-summarization@promt", r"existing alias.*Did you mean 'prompt'"),
        ("models:/tiny-gpt2-summarization/99", r"existing version.*found '99'"),
    ],
)
def test_a_model_that_is_not_registered_is_refused(prompt, full, uri, message):
    with pytest.raises(RegistryError, match=message):
        run_align(AlignConfig(model=uri, brain=BRAIN))


def test_a_brain_of_the_other_modality_is_refused(prompt):
    with pytest.raises(ConfigError, match=r"brain: expected text stimuli.*simulated-pictures"):
        run_align(AlignConfig(model=prompt.uri, brain="simulated-pictures"))


def test_a_fold_with_too_few_groups_is_refused_and_the_run_fails(prompt):
    with pytest.raises(AlignmentError, match=r"folds"):
        run_align(AlignConfig(model=prompt.uri, brain=BRAIN, folds=100))
    failed = find_runs("attributes.status = 'FAILED' and tags.stage = 'align'")
    assert any("folds" in run.data.tags["error"] for run in failed)


def test_missing_brain_files_fail_the_run(vpt, tmp_path):
    with pytest.raises(DataError, match=r"digit69_28x28.mat"):
        run_align(AlignConfig(model=vpt.uri, brain="digit69", brain_dir=str(tmp_path)))
