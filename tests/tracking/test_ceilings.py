"""Each brain dataset gets the ceilings that its data allow."""

from dataclasses import replace

import numpy as np
import pytest
from brain_settings import brain_settings

from pipeline.alignment.dataset.ceilings import (
    ceiling_units,
    mean_ceilings,
    simulated_signals,
    split_half_ceilings,
)
from pipeline.brains.load import load_brain
from pipeline.brains.simulated.simulation import (
    load_simulated_sentences,
    sentence_stimuli,
    simulate_subjects,
)
from pipeline.config import AlignConfig

NAME = "simulated-sentences"


def settings(**changed):
    base_settings = {
        "model": "models:/a@b",
        "brain": NAME,
        "folds": 3,
        "inner_folds": 2,
        "trials": 2,
    }
    return AlignConfig.model_validate({**base_settings, **changed})


def ceilings_of(brain, signals, **changed):
    units = list(ceiling_units(brain, signals, brain.stimuli.groups, settings(**changed)))
    return mean_ceilings(units, [u.unit.function(*u.unit.arguments) for u in units])


@pytest.fixture(scope="module")
def brain():
    return load_brain(NAME, "")


@pytest.fixture(scope="module")
def ceilings(brain):
    return ceilings_of(brain, simulated_signals(NAME, brain))


def test_simulated_subjects_have_ceilings_of_all_kinds(ceilings):
    counts = ceilings.groupby("kind").size().to_dict()
    kinds = ("split-half", "across-subjects", "extrapolated", "signal")
    assert counts == dict.fromkeys(kinds, 12)
    assert ceilings.two_vs_two.between(0, 1).all()


def test_ceilings_carry_the_split_that_they_hold_for(brain):
    shuffled = ceilings_of(brain, {}, split="shuffled")
    assert set(shuffled.split) == {"shuffled"}
    again = ceilings_of(brain, {})
    assert set(again.split) == {"grouped"}
    keys = ["kind", "subject", "roi"]
    both = shuffled.merge(again, on=keys, validate="1:1")
    assert (both.two_vs_two_x != both.two_vs_two_y).any()


def test_other_ceilings_lie_below_that_of_the_signal(ceilings):
    means = ceilings.groupby(["kind", "roi"]).two_vs_two.mean().unstack("kind")
    assert (means["signal"] > means["split-half"]).all()
    assert (means["signal"] > means["across-subjects"]).all()
    assert means["signal"]["language"] > 0.9


def test_the_silent_twin_is_the_signal_that_was_simulated(brain):
    request = brain_settings()
    stimuli, factors = sentence_stimuli(request)
    strengths = {"language": 1.0, "dmn": 0.6, "task": 0.25, "visual": 0.25}
    made = simulate_subjects(request, request.n_subjects, factors, stimuli.groups, strengths)
    twins = simulated_signals(NAME, brain)
    assert twins.keys() == made.keys()
    for name, signal in twins.items():
        np.testing.assert_allclose(signal, made[name].signal, atol=1e-5)
        np.testing.assert_array_equal(brain.subjects[name].values, made[name].responses.values)


def test_measured_subjects_and_prepared_copies_have_no_known_signal(brain):
    assert simulated_signals("digit69", brain) == {}
    assert simulated_signals("prepared", brain) == {}


def test_one_subject_without_repeats_has_no_ceiling(brain):
    one = {"sim1": replace(brain.subjects["sim1"], repeats=None)}
    assert ceilings_of(replace(brain, subjects=one), {}).empty


def test_too_few_repeated_stimuli_leave_the_ceiling_out_and_say_why(brain, caplog):
    caplog.set_level("INFO", logger="pipeline")
    subject = brain.subjects["sim1"]
    few = replace(subject, repeats=subject.repeats[:, :6], repeated=np.arange(6))
    thin = replace(brain, subjects={"sim1": few})
    assert split_half_ceilings(thin, 5, "grouped", 0).empty
    assert "no split-half ceiling for sim1" in caplog.text
    assert ceilings_of(thin, {}).empty


def test_subjects_with_nothing_in_common_have_no_ceiling_across_them(caplog):
    caplog.set_level("INFO", logger="pipeline")
    brain = load_simulated_sentences(brain_settings(n_subjects=2, n_repeats=1))
    halves = {
        name: replace(s, values=s.values[rows], repeats=None, stimulus_rows=rows)
        for (name, s), rows in zip(
            brain.subjects.items(), (np.arange(96), np.arange(96, 192)), strict=True
        )
    }
    ceilings = ceilings_of(replace(brain, subjects=halves), {})
    assert "across-subjects" not in set(ceilings.kind)
    assert "no ceiling across subjects from 0 common stimuli" in caplog.text


def test_what_is_extrapolated_lies_above_all_others_and_is_one_number_a_roi(ceilings):
    means = ceilings.groupby(["kind", "roi"]).two_vs_two.mean().unstack("kind")
    assert (means["extrapolated"] >= means["across-subjects"]).all()
    upper = ceilings[ceilings.kind == "extrapolated"]
    assert (upper.groupby("roi").two_vs_two.nunique() == 1).all()


def test_ceilings_that_are_predictions_are_tested_against_chance(ceilings):
    tested = ceilings[ceilings.kind.isin(["across-subjects", "signal"])]
    assert tested.p.between(1 / 200, 1).all()
    assert (tested[tested.roi == "language"].p == 1 / 200).all()
    assert ceilings[ceilings.kind.isin(["split-half", "extrapolated"])].p.isna().all()
