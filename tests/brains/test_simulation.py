"""Simulated voxels hold the signal they claim, and noise that only whole groups can reveal."""

import sys
from collections import Counter
from subprocess import run

import numpy as np
import pytest
from brain_settings import brain_settings

from pipeline.brains import BRAINS
from pipeline.brains.simulated.simulation import picture_stimuli, sentence_stimuli
from pipeline.brains.simulated.voxels import VoxelSettings, known_ceiling, simulate_responses
from pipeline.errors import ConfigError, DataError

SIMULATED = [brain for brain in BRAINS.values() if not brain.needs_directory]
ROIS = {
    "simulated-sentences": ("language", "dmn", "task", "visual"),
    "simulated-pictures": ("LOC", "OPA", "EarlyVis"),
}
SMALL = brain_settings(n_stimuli=48, n_voxels=10, n_subjects=2)


def settings(**changes):
    chosen_settings = {"strengths": {"a": 1.0, "b": 0.5}, "n_voxels": 150, "group_noise": 0.5,
             "white_noise": 1.0, "n_repeats": 2, **changes}  # fmt: skip
    return VoxelSettings(**chosen_settings)


def simulate(n_groups=60, n_each=4, seed=0, **changes):
    rng = np.random.default_rng(seed)
    factors = {roi: rng.normal(size=(n_groups * n_each, 7)) for roi in ("a", "b")}
    groups = np.repeat([f"g{i:03d}" for i in range(n_groups)], n_each)
    return simulate_responses(factors, groups, settings(**changes), rng), factors


def noise_of(made):
    return made.responses.values - made.signal


@pytest.mark.parametrize("brain", SIMULATED, ids=lambda brain: brain.name)
class TestEverySimulatedBrain:
    def test_has_the_regions_subjects_and_sizes_asked_for(self, brain):
        data = brain.load(SMALL)
        assert data.rois == ROIS[brain.name]
        assert list(data.subjects) == ["sim1", "sim2"]
        assert len(data.stimuli) == 48
        for responses in data.subjects.values():
            assert responses.values.shape == (48, 10 * len(data.rois))
            assert responses.repeats.shape == (2, 48, 10 * len(data.rois))
            np.testing.assert_allclose(responses.values, responses.repeats.mean(axis=0), atol=1e-6)

    def test_says_that_it_is_simulated(self, brain):
        data = brain.load(SMALL)
        assert data.simulated
        assert "simulated" in data.source

    def test_follows_the_seed(self, brain):
        first, again, other = (
            brain.load(brain_settings(n_stimuli=48, n_voxels=4, seed=seed)).digest
            for seed in (0, 0, 1)
        )
        assert first == again != other

    def test_gives_a_subject_the_same_responses_however_many_there_are(self, brain):
        alone = brain.load(brain_settings(n_stimuli=48, n_voxels=4, n_subjects=1))
        among = brain.load(brain_settings(n_stimuli=48, n_voxels=4, n_subjects=2))
        sim1, sim2 = (among.subjects[name].values for name in ("sim1", "sim2"))
        np.testing.assert_array_equal(alone.subjects["sim1"].values, sim1)
        assert np.abs(np.corrcoef(sim1.ravel(), sim2.ravel())[0, 1]) < 0.5

    def test_refuses_stimuli_that_do_not_fill_their_groups(self, brain):
        with pytest.raises(ConfigError, match="n_stimuli: expected a multiple of"):
            brain.load(brain_settings(n_stimuli=47))


def test_sentences_come_in_passages_of_four_about_every_topic():
    stimuli, _ = sentence_stimuli(brain_settings())
    assert set(Counter(stimuli.groups.tolist()).values()) == {4}
    assert len({group.split("-", 1)[1] for group in stimuli.groups}) >= 24
    assert len(set(stimuli.items)) == len(stimuli)


def test_sentences_of_a_passage_share_what_dmn_responds_to_but_not_what_language_does():
    stimuli, factors = sentence_stimuli(brain_settings())
    first = stimuli.groups == stimuli.groups[0]
    assert np.ptp(factors["dmn"][first], axis=0).max() == 0
    assert np.ptp(factors["language"][first], axis=0).max() > 0


def test_the_exemplars_of_a_picture_share_a_group_and_object_but_are_not_the_same():
    stimuli, factors = picture_stimuli(brain_settings())
    for group in set(stimuli.groups):
        members = np.flatnonzero(stimuli.groups == group)
        assert len(members) >= 2
        assert np.ptp(factors["LOC"][members][:, :-1], axis=0).max() == 0
        assert np.ptp(factors["OPA"][members], axis=0).max() == 0
        assert len({stimuli.items[m].tobytes() for m in members}) == len(members)


@pytest.mark.parametrize("n_repeats", [1, 2, 5])
@pytest.mark.parametrize(("group_noise", "white_noise"), [(0.0, 1.0), (0.5, 1.0), (2.0, 0.3)])
def test_the_measured_share_of_signal_is_the_known_ceiling(n_repeats, group_noise, white_noise):
    made, _ = simulate(
        n_groups=300, n_repeats=n_repeats, group_noise=group_noise, white_noise=white_noise
    )
    for roi, columns in made.responses.rois.items():
        values, signal = made.responses.values[:, columns], made.signal[:, columns]
        share = signal.var(axis=0).mean() / values.var(axis=0).mean()
        assert share == pytest.approx(made.ceiling[roi], rel=0.03)


def test_one_presentation_is_no_repeat():
    for n_repeats in (1, 2):
        made, _ = simulate(n_repeats=n_repeats)
        assert (made.responses.repeats is None) == (n_repeats == 1)


def test_the_correlation_of_repeats_is_the_share_of_signal_in_one_presentation():
    made, _ = simulate(n_groups=300)
    first, second = (repeat[:, made.responses.rois["a"]] for repeat in made.responses.repeats)
    measured = np.mean([np.corrcoef(first[:, v], second[:, v])[0, 1] for v in range(150)])
    assert measured == pytest.approx(known_ceiling(1.0, settings(n_repeats=1)), rel=0.03)


def test_without_noise_the_ceiling_is_one_and_responses_are_the_signal():
    made, _ = simulate(group_noise=0.0, white_noise=0.0)
    assert set(made.ceiling.values()) == {1.0}
    np.testing.assert_allclose(made.responses.values, made.signal, atol=1e-5)


def test_the_signal_is_a_linear_readout_of_the_factors_with_the_variance_of_its_region():
    made, factors = simulate()
    for roi, strength in (("a", 1.0), ("b", 0.5)):
        signal = made.signal[:, made.responses.rois[roi]]
        np.testing.assert_allclose(signal.var(axis=0), strength)
        design = np.column_stack([np.ones(len(signal)), factors[roi]])
        fitted = design @ np.linalg.lstsq(design, signal, rcond=None)[0]
        np.testing.assert_allclose(fitted, signal, atol=1e-8)


def test_noise_is_shared_within_groups_and_not_across():
    made, _ = simulate()
    noise = noise_of(made).reshape(60, 4, -1)
    within = np.corrcoef(noise[:, 0].ravel(), noise[:, 1].ravel())[0, 1]
    across = np.corrcoef(noise[:-1, 0].ravel(), noise[1:, 1].ravel())[0, 1]
    assert within == pytest.approx(0.5 / 1.5, abs=0.02)
    assert abs(across) < 0.02


def test_without_group_noise_nothing_is_shared():
    made, _ = simulate(group_noise=0.0)
    noise = noise_of(made).reshape(60, 4, -1)
    assert abs(np.corrcoef(noise[:, 0].ravel(), noise[:, 1].ravel())[0, 1]) < 0.02


def test_noise_is_new_in_every_presentation():
    made, _ = simulate()
    first, second = (repeat - made.signal for repeat in made.responses.repeats)
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.02


def test_factors_that_never_vary_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(DataError, match="ROI a: expected at least one factor that varies"):
        simulate_responses({"a": np.ones((8, 3))}, np.array(["g"] * 8), settings(), rng)


def test_a_factor_that_never_varies_beside_others_does_no_harm():
    rng = np.random.default_rng(0)
    factors = np.column_stack([np.ones(8), np.arange(8.0)])
    made = simulate_responses({"a": factors}, np.array(["g"] * 8), settings(), rng)
    assert np.isfinite(made.signal).all()


def test_brains_and_worlds_load_without_torch():
    program = "import sys, pipeline.brains, pipeline.worlds.pictures; print('torch' in sys.modules)"
    done = run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def held_out_correlation(features, responses, folds):
    """Mean over voxels of the correlation of ridge predictions with responses left out."""
    predicted = np.empty_like(responses)
    for fold in np.unique(folds):
        train, test = folds != fold, folds == fold
        x, mean = features[train], responses[train].mean(axis=0)
        gram = x @ x.T + 10 * np.eye(len(x))
        predicted[test] = mean + features[test] @ x.T @ np.linalg.solve(
            gram, responses[train] - mean
        )
    centred = [a - a.mean(axis=0) for a in (predicted, responses)]
    scored = [a / np.linalg.norm(a, axis=0) for a in centred]
    return float((scored[0] * scored[1]).sum(axis=0).mean())


def test_folds_that_split_groups_find_what_is_not_there_and_whole_groups_do_not():
    made, _ = simulate(group_noise=1.0)
    rng = np.random.default_rng(9)
    features = np.repeat(rng.normal(size=(60, 50)), 4, axis=0)  # of the group, not of the signal
    noise = noise_of(made)
    split, whole = rng.permutation(np.arange(240) % 10), np.repeat(np.arange(60) % 10, 4)
    assert held_out_correlation(features, noise, split) > 0.3
    assert held_out_correlation(features, noise, whole) < 0.1
