"""Bounds of RSA are those of rsatoolbox's definition, and hold what they are to hold."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import pearsonr, rankdata, spearmanr

from pipeline.alignment.ceilings.across_subjects import rsa_bounds, rsa_ceilings
from pipeline.alignment.dataset.ceilings import rsa_bounds_of
from pipeline.alignment.folds import Fold
from pipeline.alignment.scores.rsa import compare_rdms
from pipeline.brains.load import load_brain
from pipeline.config import ScoreConfig


def test_bounds_are_those_of_rsatoolbox_by_its_definition(rng):
    """boot_noise_ceiling(method='spearman'): ranks are averaged, of all and of the others."""
    rdms = rng.standard_normal((4, 15)) + rng.standard_normal(15)
    ranks = [rankdata(one) for one in rdms]
    high = np.mean([pearsonr(rankdata(np.mean(ranks, axis=0)), own)[0] for own in ranks])
    others = [np.mean(ranks[:n] + ranks[n + 1 :], axis=0) for n in range(4)]
    low = np.mean([spearmanr(o, own)[0] for o, own in zip(others, ranks, strict=True)])
    assert rsa_bounds(rdms) == pytest.approx((low, high), abs=1e-9)


def test_subjects_of_one_geometry_bound_it_by_one_and_of_none_by_nothing_below(rng):
    assert rsa_bounds(np.stack([rng.standard_normal(20)] * 3)) == pytest.approx((1, 1))
    drawn = [rsa_bounds(rng.standard_normal((3, 20))) for _ in range(300)]
    low, high = np.mean(drawn, axis=0)
    assert abs(low) < 0.05
    assert high > 0.4  # it knows the subject itself


def test_the_true_geometry_lies_between_the_bounds(rng):
    """A model that is the truth: above what others say, below what all together say."""
    between = []
    for _ in range(100):
        truth = rng.standard_normal(60)
        rdms = truth + rng.standard_normal((4, 60))
        low, high = rsa_bounds(rdms)
        between.append((np.mean([compare_rdms(truth, own) for own in rdms]), low, high))
    model, low, high = np.mean(between, axis=0)
    assert low < model < high


def test_a_roi_is_bounded_where_two_subjects_have_it(rng):
    signal = rng.standard_normal((24, 6))
    subjects = [
        {"V1": signal @ rng.standard_normal((6, 30)) + rng.standard_normal((24, 30)),
         **({"V2": rng.standard_normal((24, 30))} if n == 0 else {})}
        for n in range(3)
    ]  # fmt: skip
    folds = [Fold(np.arange(12, 24), np.arange(12)), Fold(np.arange(12), np.arange(12, 24))]
    table = rsa_ceilings(subjects, folds)
    assert table.roi.tolist() == ["V1"]
    bounds = []
    for fold in folds:
        rdms = []
        for subject in subjects:
            x = subject["V1"]
            z = (x - x[fold.train].mean(0)) / x[fold.train].std(0)
            rdms.append(pdist(z[fold.test], "correlation"))
        bounds.append(rsa_bounds(np.array(rdms)))
    assert (table.low[0], table.high[0]) == pytest.approx(np.mean(bounds, axis=0), abs=1e-9)


def test_every_roi_of_a_brain_dataset_is_bounded_in_its_split():
    brain = load_brain("simulated-pictures", "")
    table = rsa_bounds_of(brain, brain.stimuli.groups, ScoreConfig(folds=3, inner_folds=2))
    assert table.roi.tolist() == list(brain.rois)
    assert set(table.split) == {"grouped"}
    assert (table.low < table.high).all()
    alone = replace(brain, subjects=dict(list(brain.subjects.items())[:1]))
    assert rsa_bounds_of(alone, brain.stimuli.groups, ScoreConfig(folds=3)).empty
