"""Stimuli that do not fit into a context are counted; a prompt that takes more room is refused."""

import pytest

from pipeline.extraction.cuts import count_cuts, prompt_room_problems, room_problems


def test_longer_stimuli_and_their_tokens_are_counted():
    cuts = count_cuts([3, 10, 12, 14], room=10)
    assert (cuts.n_stimuli, cuts.n_tokens) == (2, 2 + 4)
    assert str(cuts).startswith("2 stimuli are longer than the 10 tokens that all versions")
    assert str(count_cuts([11], 10)).startswith("1 stimulus is longer")


@pytest.mark.parametrize(("beside_prompt", "refused"), [(10, False), (9, True)])
def test_a_prompt_may_leave_less_room_only_if_no_stimulus_needs_it(beside_prompt, refused):
    problems = list(room_problems([3, 12], 10, beside_prompt, prompt_length=7))
    assert bool(problems) == refused
    assert all("prompt_room=7" in problem.remedy for problem in problems)
    assert not list(room_problems([3, 9], 10, beside_prompt, prompt_length=7))


def test_room_for_prompts_is_less_than_a_context():
    assert not list(prompt_room_problems(95, 96, "a base"))
    (problem,) = prompt_room_problems(96, 96, "a base")
    assert str(problem).startswith(
        "prompt_room: expected below 96, the context of a base; found 96"
    )
