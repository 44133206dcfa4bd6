"""Costs of alignment follow from stimuli, layers, ROIs and folds."""

from dataclasses import replace

import pytest
from machines import QUICK

from pipeline.config import AlignConfig
from pipeline.forecast.alignment import Fits, align_cost, extract_cost, fit_flops, reference_cost
from pipeline.forecast.known_sizes import BRAINS, NETWORKS

GPT2, VIT = NETWORKS["openai-community/gpt2"], NETWORKS[
    "timm/vit_base_patch16_224.augreg_in21k_ft_in1k"
]  # fmt: skip
PEREIRA = BRAINS["pereira2018-384"]


def config_of(**settings):
    values = {"model": "models:/any@any", "brain": "any", "workers": 1, **settings}
    return AlignConfig.model_validate(values)


def test_work_on_the_kernel_side_grows_with_the_third_power_of_stimuli():
    one, two = (fit_flops(Fits(n, 13, 768, (20_000,), 2), config_of()) for n in (400, 800))
    assert 6 < two / one < 8.5


def test_voxels_cost_little_once_they_are_a_gram_matrix():
    few, many = (fit_flops(Fits(600, 13, 768, (v,) * 4, 2), config_of()) for v in (5000, 20_000))
    assert many < 1.5 * few


def test_shuffled_folds_are_scored_beside_grouped_ones():
    grouped, shuffled = (
        align_cost(config_of(split=split), GPT2.features, PEREIRA, QUICK)
        for split in ("grouped", "shuffled")
    )
    assert shuffled.seconds == pytest.approx(2 * grouped.seconds, rel=0.01)


def test_one_fold_takes_its_share_of_the_work():
    bookkeeping = QUICK.bookkeeping
    whole, one = (
        align_cost(config_of(folds=5, fold=fold), GPT2.features, PEREIRA, QUICK) for fold in (-1, 2)
    )
    assert whole.seconds - bookkeeping == pytest.approx(5 * (one.seconds - bookkeeping))
    assert whole.stored == pytest.approx(5 * one.stored)


def test_a_single_voxel_has_no_patterns_to_score_beside_nuisance():
    subject = replace(PEREIRA.subjects[0], voxels=(1,), n_columns=1)
    brain = replace(PEREIRA, subjects=(subject,))
    beside, alone = (
        align_cost(config_of(nuisance=n), GPT2.features, brain, QUICK) for n in (True, False)
    )
    assert beside == alone


def test_processes_share_the_work_and_take_memory_each():
    one, two = (align_cost(config_of(workers=n), GPT2.features, PEREIRA, QUICK) for n in (1, 2))
    assert one.seconds / 2 < two.seconds < one.seconds
    assert two.memory > one.memory


def test_permutations_take_a_fifth_of_a_fit_each():
    none, some = (
        align_cost(config_of(permutations=n), GPT2.features, PEREIRA, QUICK) for n in (0, 100)
    )
    assert some.seconds == pytest.approx(21 * none.seconds)


def test_bold5000_is_aligned_in_little_memory_on_the_primal_side():
    cost = align_cost(config_of(workers=2), VIT.features, BRAINS["bold5000"], QUICK)
    assert cost.memory < 8e9


def test_many_stimuli_are_held_one_fold_at_a_time_where_features_are_few():
    one = replace(PEREIRA.subjects[0], n_stimuli=10_000, voxels=(50_000,), n_columns=50_000)
    many = replace(PEREIRA, n_stimuli=10_000, subjects=(one,))
    wide = replace(GPT2.features, width=6000)
    few, as_many = (align_cost(config_of(), f, many, QUICK) for f in (GPT2.features, wide))
    matrices = 2 * 8 * 10_000**2
    assert as_many.memory - few.memory > 4 * matrices * 0.9


def test_each_group_by_itself_makes_as_many_folds_as_there_are_groups():
    brain = replace(PEREIRA, n_groups=20)
    by_group = config_of(split="leave-one-group-out")
    twenty = config_of(folds=20)
    assert reference_cost(by_group, brain, QUICK) == reference_cost(twenty, brain, QUICK)


def test_features_take_four_bytes_a_stimulus_layer_and_feature():
    cost = extract_cost(config_of(), GPT2, PEREIRA, QUICK)
    assert cost.stored == 4 * 384 * 13 * 768
