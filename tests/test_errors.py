"""Refusals say what was expected, what was found and what to do."""

import pickle

import pytest

from pipeline.errors import ConfigError, PipelineError, Problem, nearest, refuse


def problem(field):
    return Problem(field, "this", "that", "Do so.")


def test_one_problem_is_one_sentence():
    assert str(PipelineError(problem("task"))) == "task: expected this; found that. Do so."


def test_all_problems_come_at_once_and_numbered():
    with pytest.raises(ConfigError, match=r"(?s)2 problems:.*1\. task.*2\. base"):
        refuse([problem("task"), problem("base")], ConfigError)


def test_no_problem_is_no_error():
    refuse([], ConfigError)


def test_the_nearest_name_is_offered_and_all_are_listed():
    assert nearest("promt", ["prompt", "full"]) == "Did you mean 'prompt'? Known: full, prompt."
    assert nearest("xyz", ["prompt", "full"]) == "Known: full, prompt."


def test_problems_travel_whole_from_another_process():
    error = ConfigError(problem("task"), problem("base"), more=3)
    travelled = pickle.loads(pickle.dumps(error))
    assert type(travelled) is ConfigError
    assert (travelled.problems, travelled.more) == (error.problems, 3)
    assert str(travelled) == str(error)
