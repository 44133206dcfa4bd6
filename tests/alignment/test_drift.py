"""Drift is 0 where tuning changed no geometry, and grows with what it did change."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr

from pipeline.alignment.drift import MOST_STIMULI, drift, geometries

rng = np.random.default_rng(0)
BASE = rng.standard_normal((40, 12)).astype(np.float32)
NOISE = rng.standard_normal((40, 12)).astype(np.float32)


def between(tuned, base=BASE):
    return drift(geometries({"layer_00": base}), geometries({"layer_00": tuned})).iloc[0]


def test_features_that_were_only_turned_and_scaled_have_not_drifted_by_cka():
    turned, _ = np.linalg.qr(rng.standard_normal((12, 12)))
    assert between(3 * BASE @ turned.astype(np.float32)).cka == pytest.approx(1, abs=1e-5)
    same = between(BASE)
    assert (same.cka, same.rsa) == (pytest.approx(1), pytest.approx(1))


def test_the_more_noise_the_further_from_the_base():
    near, far = between(BASE + 0.3 * NOISE), between(BASE + 2 * NOISE)
    assert 1 > near.cka > far.cka > between(NOISE).cka
    assert 1 > near.rsa > far.rsa > between(NOISE).rsa


def test_noise_of_many_independent_columns_is_no_drift_to_a_debiased_cka():
    latent = rng.standard_normal((300, 4)).astype(np.float32)
    signal = latent @ rng.standard_normal((4, 600)).astype(np.float32)
    noise = (2 * rng.standard_normal((300, 600))).astype(np.float32)
    assert between(signal + noise, base=signal).cka == pytest.approx(1, abs=0.02)


def test_rsa_is_scipys_rank_correlation_of_correlation_distances():
    tuned = BASE + NOISE
    expected = spearmanr(pdist(BASE, "correlation"), pdist(tuned, "correlation")).statistic
    assert between(tuned).rsa == pytest.approx(expected, abs=1e-6)


def test_only_layers_of_both_are_compared():
    base = geometries({"layer_00": BASE, "layer_01": NOISE})
    tuned = geometries({"layer_01": NOISE, "layer_02": BASE})
    assert drift(base, tuned).layer.tolist() == ["layer_01"]


def test_of_many_stimuli_as_many_are_taken_as_distances_can_be_had_of():
    (geometry,) = geometries({"layer_00": np.arange(5000, dtype=np.float32)[:, None]}).values()
    assert len(geometry.features) == MOST_STIMULI
    assert (geometry.features[0, 0], geometry.features[-1, 0]) == (0, 4999)
