"""A search spends its trials once, whoever works on it and however often it is killed."""

import multiprocessing
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest

from pipeline.errors import TuningError
from pipeline.tuning.recipe import Recipe
from pipeline.tuning.search.choices import Choice, Space, choices_of
from pipeline.tuning.search.search import Outcome, PrunedError, search

RECIPE = Recipe(1e-2, 1e-4, 1.0)
SPACE = Space("prompt", RECIPE, prompt_length=10, trials=9, steps=9, seed=0, pruning="none")
FORK = multiprocessing.get_context("fork")


def distance(choice):
    return abs(np.log10(choice.learning_rate) + 2) + abs(choice.prompt_length - 4)


def trials_of(journal, state="COMPLETE"):
    storage = optuna.storages.JournalStorage(
        optuna.storages.journal.JournalFileBackend(str(journal))
    )
    trials = optuna.load_study(study_name="search", storage=storage).trials
    return [trial for trial in trials if trial.state.name == state]


def values(journal):
    trials = sorted(trials_of(journal), key=lambda trial: trial.user_attrs["place"])
    return [(t.params["learning_rate"], t.params["prompt_length"]) for t in trials]


def quickly(_number, choice, _report):
    return Outcome("complete", distance(choice))


def run_until_killed(journal, kill_at, marks):
    """Work on a search in a process of its own, and stay at one trial for ever."""

    def attempt(number, choice, _report):
        if number == kill_at:
            (marks / "reached").touch()
            time.sleep(60)
        return Outcome("complete", distance(choice))

    search(SPACE, attempt, journal)


def test_the_lowest_loss_seen_is_found_within_the_ranges(tmp_path):
    seen = {}

    def attempt(_number, choice, _report):
        seen[choice] = distance(choice)
        return Outcome("complete", seen[choice])

    best = search(SPACE, attempt, tmp_path / "search.log")
    assert best == min(seen, key=seen.get)
    assert len(seen) == SPACE.trials
    assert all(1e-4 <= choice.learning_rate <= 1 for choice in seen)
    assert all(1 <= choice.prompt_length <= 20 for choice in seen)


def test_the_recipes_own_values_are_tried_first():
    assert choices_of(SPACE)[0] == Choice(1e-2, 10)
    assert choices_of(replace(SPACE, trials=1)) == [Choice(1e-2, 10)]


@pytest.mark.parametrize("seed", range(5))
def test_few_trials_leave_no_part_of_the_range_untrials_of(seed):
    """Of eight points one lies in every eighth of each range; independent draws miss a third."""
    choices = choices_of(replace(SPACE, seed=seed, trials=9))[1:]
    eighths = [int(8 * (np.log10(choice.learning_rate) + 4) / 4) for choice in choices]
    assert sorted(eighths) == list(range(8))
    assert len({choice.prompt_length for choice in choices}) >= 6


def test_other_seeds_and_other_methods_try_other_values():
    spaces = [replace(SPACE, seed=seed, method=m) for seed in (0, 1) for m in ("prompt", "prefix")]
    assert len({tuple(choices_of(space)[1:]) for space in spaces}) == 4
    assert choices_of(SPACE) == choices_of(replace(SPACE))


def test_a_method_without_a_prompt_searches_the_learning_rate_alone(tmp_path):
    space = replace(SPACE, prompt_length=0)
    best = search(space, quickly, tmp_path / "search.log")
    assert best.prompt_length == 0
    assert {frozenset(t.params) for t in trials_of(tmp_path / "search.log")} == {
        frozenset({"learning_rate"})
    }


def test_a_search_that_is_done_is_not_done_again(tmp_path):
    first = search(SPACE, quickly, tmp_path / "search.log")

    def never(*_):
        raise AssertionError("a trial was started")

    assert search(SPACE, never, tmp_path / "search.log") == first


def test_a_killed_search_goes_on_where_it_stopped_to_the_same_end(tmp_path):
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    whole, journal = tmp_path / "whole/search.log", tmp_path / "killed/search.log"
    expected = search(SPACE, quickly, whole)
    worker = FORK.Process(target=run_until_killed, args=(journal, 4, tmp_path))
    worker.start()
    wait_for(tmp_path / "reached")
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    again = []

    def attempt(number, choice, _report):
        again.append(number)
        return quickly(number, choice, None)

    assert search(SPACE, attempt, journal) == expected
    assert len(again) == SPACE.trials - 4  # the four that were finished are not repeated
    assert values(journal) == values(whole)
    assert len(trials_of(journal, "FAIL")) == 1


def wait_for(mark):
    for _ in range(600):
        if mark.exists():
            return
        time.sleep(0.1)
    raise AssertionError(f"{mark.name} was not reached")


def share(journal, results, name):
    done = []

    def attempt(number, choice, _report):
        time.sleep(0.05)
        done.append(number)
        return Outcome("complete", distance(choice))

    best = search(SPACE, attempt, journal)
    (results / name).write_text(f"{best.learning_rate!r} {done}")


def test_two_processes_share_the_trials_and_agree_on_the_best(tmp_path):
    journal = tmp_path / "search.log"
    workers = [FORK.Process(target=share, args=(journal, tmp_path, f"{n}.txt")) for n in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    rates, done = zip(
        *((Path(tmp_path / f"{n}.txt").read_text().split(" ", 1)) for n in range(2)), strict=True
    )
    assert rates[0] == rates[1]
    numbers = [int(word) for text in done for word in text.strip("[]").split(", ") if word]
    assert sorted(numbers) == list(range(SPACE.trials))
    assert len(set(values(journal))) == SPACE.trials  # they do not try the same things


def test_a_search_of_eight_trials_can_end_one_early(tmp_path):
    space = replace(SPACE, trials=8, pruning="median")
    ended = []

    def attempt(number, _choice, report):
        try:
            for step in (25, 50, 75, 100):
                report(step, float(number))
        except PrunedError:
            ended.append(number)
            return Outcome("pruned", steps=step)
        return Outcome("complete", float(number), steps=step)

    best = search(space, attempt, tmp_path / "search.log")
    assert ended == [2, 3, 4, 5, 6, 7]
    assert best.searched_steps == 2 * 100 + 6 * 25


@pytest.mark.parametrize("pruning", ["median", "hyperband"])
def test_trials_that_fall_behind_are_ended_early_and_recorded_so(tmp_path, pruning):
    space = replace(SPACE, trials=20, pruning=pruning)

    def attempt(number, _choice, report):
        try:
            for step in range(1, 10):
                report(step, float(number) + 1 / step)  # each trial is worse than those before
        except PrunedError:
            return Outcome("pruned")
        return Outcome("complete", float(number))

    search(space, attempt, tmp_path / "search.log")
    pruned = trials_of(tmp_path / "search.log", "PRUNED")
    assert pruned
    assert {trial.user_attrs["outcome"] for trial in pruned} == {"pruned"}
    assert len(pruned) + len(trials_of(tmp_path / "search.log")) == 20


def test_a_diverged_trial_is_the_worst_and_a_search_of_nothing_else_is_refused(tmp_path):
    def attempt(number, _choice, _report):
        return Outcome("diverged") if number else Outcome("complete", 5.0)

    best = search(SPACE, attempt, tmp_path / "search.log")
    trials = trials_of(tmp_path / "search.log")
    assert best.learning_rate == RECIPE.learning_rate  # the first is that of the recipe
    assert [trial.user_attrs["outcome"] for trial in trials] == ["complete"] + 8 * ["diverged"]
    with pytest.raises(TuningError, match=r"does not diverge; found none in 9"):
        search(SPACE, lambda *_: Outcome("diverged"), tmp_path / "other.log")
