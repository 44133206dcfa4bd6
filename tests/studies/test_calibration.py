"""The calibration simulates studies of known truth once, and reads them as contrasts do."""

import numpy as np
import pandas as pd
import pytest

from pipeline.alignment.contrasts.estimate import estimate
from pipeline.alignment.contrasts.group_scores import scores_of
from pipeline.alignment.contrasts.matched import Step, matched_contrasts
from pipeline.alignment.contrasts.paired import pair
from studies.calibration import __main__ as command
from studies.calibration import kept as kept_studies
from studies.calibration.coverage import compared, coverage
from studies.calibration.kept import path_of, read_batches, simulate_batch, simulate_batches
from studies.calibration.nulls import NullWorld
from studies.calibration.simulate import simulate
from studies.calibration.tables import write_between
from studies.calibration.tuned_in_folds import tuned_on
from studies.calibration.world import LEARNT, MODELS, World, draw_study, validation_scores

WORLD = World(24, "low", "topics", 1)
ON_THE_WAY = World(24, "low", "grouped", 1, on_the_way=True)


@pytest.fixture(scope="module")
def study():
    return simulate(WORLD, 0)


@pytest.fixture(scope="module")
def training():
    return simulate(ON_THE_WAY, 7)


def table_of(study, model, n_subjects, version=0):
    """Write what is kept of a model as an alignment writes it."""
    first, second = np.nonzero(study.pairs)
    return pd.concat(
        pd.DataFrame(
            {"seed": 0, "subject": str(subject), "group_a": first.astype(str),
             "group_b": second.astype(str), "wins": wins[first, second],
             "pairs": study.pairs[first, second]}
        ) for subject, wins in enumerate(study.wins[model, version, :n_subjects])
    )  # fmt: skip


def test_a_batch_is_simulated_once_and_read_back_as_it_was(study, tmp_path, monkeypatch):
    monkeypatch.setattr(kept_studies, "BATCH", 1)
    assert simulate_batch(WORLD, 0, tmp_path)
    assert not simulate_batch(WORLD, 0, tmp_path)
    (again,) = read_batches(WORLD, tmp_path)
    np.testing.assert_array_equal(again.wins, study.wins)
    np.testing.assert_array_equal(again.pairs, study.pairs)
    assert not list(read_batches(WORLD, tmp_path, first=1))


def test_other_processes_leave_the_bits_that_this_one_leaves_and_only_the_missing_is_simulated(
    tmp_path, monkeypatch
):
    small = World(8, "low", "grouped", 1)
    monkeypatch.setattr(command, "WORLDS", (small,))
    batch = small, command.FIRST // kept_studies.BATCH
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    assert list(command.missing_batches(10, here)) == [batch]
    assert list(simulate_batches([batch], here)) == [1]
    assert list(simulate_batches([batch], elsewhere, n_jobs=2)) == [1]
    assert path_of(*batch, here).read_bytes() == path_of(*batch, elsewhere).read_bytes()
    assert list(command.missing_batches(20, here)) == [(small, batch[1] + 1)]


def test_quick_worlds_are_simulated_before_slow_ones(tmp_path):
    order = [world for world, _ in command.missing_batches(10, tmp_path)]
    assert sorted(order, key=command.WORLDS.index) == list(command.WORLDS)
    versions = [world.n_versions for world in order]
    assert versions == sorted(versions)
    assert order[0].n_passages < order[-1].n_passages


def test_coverage_counts_what_contrasts_of_the_tables_say(study):
    first, second = (scores_of(table_of(study, model, 3)) for model in (0, 1))
    expected = estimate(pair(first, second))
    low, high = expected.interval()
    counted = coverage(WORLD, compared(WORLD, [study], "second"), "second", 3)
    assert counted.difference == pytest.approx(expected.difference)
    assert counted.half_width == pytest.approx((high - low) / 2)
    assert counted.covered == float(low <= 0 <= high)
    assert counted.positives == float(expected.p() < 0.05)


def test_a_model_that_has_learnt_more_is_nearer_to_the_brain(training):
    scores = (training.wins.sum(axis=(-2, -1)) / training.pairs.sum()).mean(axis=-1)
    assert (np.diff(scores, axis=1) > 0).all()


@pytest.mark.parametrize("n_examples", [0, 300])
def test_coverage_at_equal_score_counts_what_the_report_says_there(training, n_examples):
    names = {
        "modality": "text", "brain": "lab", "simulated": True, "split": "grouped",
        "direction": "encoding", "base": "b", "task": "t", "roi": "r",
    }  # fmt: skip
    methods = {
        method: {
            "0": [
                Step(score, table_of(training, MODELS.index(method), 3, step).assign(**names))
                for step, score in enumerate(validation_scores(method, n_examples, 7))
            ]
        }
        for method in ("first", "second")
    }
    table = matched_contrasts(methods, [], 0.02, (("first", "second"),))
    (expected,) = table[table.level.isna()].itertuples()
    pairs = compared(ON_THE_WAY, [training], "second", n_examples)
    counted = coverage(ON_THE_WAY, pairs, "second", 3)
    assert counted.difference == pytest.approx(expected.difference)
    assert counted.half_width == pytest.approx((expected.high - expected.low) / 2)


def test_each_of_the_same_people_is_compared_by_itself_with_its_own_mean_over_studies():
    world = World(24, "low", "grouped", 1, same_people=True)
    studies = [simulate(world, seed) for seed in (0, 1)]
    np.testing.assert_array_equal(studies[0].preferences, studies[1].preferences)
    covered, halves = [], []
    tables = [[table_of(s, model, 9) for model in (0, 1)] for s in studies]
    for subject in map(str, range(9)):
        own = [
            estimate(pair(*(scores_of(t[t.subject == subject]) for t in pair_of_tables)))
            for pair_of_tables in tables
        ]
        truth = np.mean([one.difference for one in own])
        intervals = [one.interval() for one in own]
        covered += [low <= truth <= high for low, high in intervals]
        halves += [(high - low) / 2 for low, high in intervals]
    counted = coverage(world, compared(world, studies, "second"), "second", 1)
    assert counted.covered == pytest.approx(np.mean(covered))
    assert counted.half_width == pytest.approx(np.mean(halves))
    assert (counted.n_studies, counted.n_subjects) == (2, 1)


def test_a_version_of_a_fold_learns_from_the_responses_to_its_training_stimuli_alone():
    draw = draw_study(WORLD, 1)
    features, train = draw.features["first", 0, "layer_1"], np.arange(72)
    responses = {"0": draw.responses["0"]}
    poisoned = {"0": np.vstack([responses["0"][:72], np.full((24, 12), 1e9)])}
    tuned = tuned_on(features, responses, train)
    np.testing.assert_array_equal(tuned, tuned_on(features, poisoned, train))
    np.testing.assert_array_equal(tuned[:, :12], features)
    learned = np.linalg.lstsq(tuned[:72, 12:], responses["0"][:72], rcond=None)[0]
    r = [
        np.corrcoef((tuned[rows, 12:] @ learned).ravel(), responses["0"][rows].ravel())[0, 1]
        for rows in (slice(0, 72), slice(72, 96))
    ]
    assert r[0] > r[1] + 0.1, "and knows those, noise included, better than others"
    assert r[1] > 0.2


def test_where_versions_belong_to_folds_the_third_model_is_the_first_as_it_is():
    as_they_are = simulate(World(24, "low", "grouped", 1), 2)
    tuned = simulate(World(24, "low", "grouped", 1, tuned_in_folds=True), 2)
    first, worse = MODELS.index("first"), MODELS.index("worse")
    np.testing.assert_array_equal(tuned.wins[worse], as_they_are.wins[first])
    assert not np.array_equal(tuned.wins[first], as_they_are.wins[first])


def test_validation_scores_are_those_of_examples_or_exact():
    exact = validation_scores("first", 0, 0)
    assert exact == pytest.approx([0.5 + 0.4 * learnt for learnt in LEARNT["first"]])
    drawn = np.array([validation_scores("first", 300, seed) for seed in range(400)])
    np.testing.assert_allclose(drawn.mean(axis=0), exact, atol=0.005)
    expected = np.sqrt(np.array(exact) * (1 - np.array(exact)) / 300)
    np.testing.assert_allclose(drawn.std(axis=0), expected, rtol=0.15)


def test_features_know_what_responses_are_about_and_worse_ones_less(study):
    scores = study.wins.sum(axis=(-2, -1)) / study.pairs.sum()
    means = scores.mean(axis=(1, 2))
    assert (means > 0.7).all()
    assert means.argmin() == MODELS.index("worse")


def test_decoding_sees_the_same_study_and_scores_it_the_other_way(study):
    decoded = simulate(World(24, "low", "topics", 1, "decoding"), 0)
    np.testing.assert_array_equal(decoded.pairs, study.pairs)
    np.testing.assert_array_equal(decoded.preferences, study.preferences)
    scores = decoded.wins.sum(axis=(-2, -1)) / decoded.pairs.sum()
    assert scores.mean() > 0.7
    assert not np.array_equal(decoded.wins, study.wins)


@pytest.mark.parametrize(
    ("structure", "expected"), [("grouped", 0.0), ("topics", 0.25), ("known topics", 0.25)]
)
def test_responses_are_correlated_as_far_as_the_structure_says(structure, expected):
    world = World(72, "ordinary", structure, 1)
    draw = draw_study(world, 3)
    passages = np.stack([y.reshape(world.n_passages, 4, -1) for y in draw.responses.values()])
    within = np.corrcoef(passages[:, :, 0].ravel(), passages[:, :, 1].ravel())[0, 1]
    neighbours = np.corrcoef(passages[:, ::4, 0].ravel(), passages[:, 1::4, 0].ravel())[0, 1]
    assert within == pytest.approx(0.5, abs=0.1)
    assert neighbours == pytest.approx(expected, abs=0.1)


def test_groups_are_the_topics_where_topics_are_known():
    assert np.unique(World(24, "low", "known topics", 1).groups, return_counts=True)[1].max() == 16
    assert len(WORLD.groups) == 96


def test_the_table_stands_between_its_marks_of_the_page(study, tmp_path):
    page = tmp_path / "evidence.md"
    page.write_text("before\n{}\nold\n{}\nafter\n".format(*command.MARKS))
    null, other = (
        coverage(WORLD, compared(WORLD, [study], model), model, 3) for model in MODELS[1:]
    )
    write_between(command.MARKS, command.row(WORLD, 0, null, other), page)
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert "| in the end | encoding | 24 | low | groups, and topics of 4 | 1 | 3 | 1 |" in text


def test_data_of_one_seed_have_the_same_p_values_in_every_batch():
    world = NullWorld("topics of 4", "passages of 2")
    first, second = world.p_values(range(2)), world.p_values(range(1, 2))
    assert first.shape == (2, 2)
    np.testing.assert_array_equal(first[1:], second)
    assert ((first * 200).round(9) % 1 == 0).all()
    assert (first > 0).all()
