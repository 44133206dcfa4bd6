"""Names sort as their numbers count; mixed padding is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.files.order import natural_key, order_problems


@given(st.sets(st.integers(0, 10**30), min_size=1, max_size=40), st.sampled_from(["", "_x", "²"]))
def test_unpadded_and_padded_numbers_sort_as_they_count(numbers, end):
    for width in (0, 31):
        names = [f"beta_{number:0{width}d}{end}" for number in numbers]
        in_order = [f"beta_{number:0{width}d}{end}" for number in sorted(numbers)]
        assert sorted(names, key=natural_key) == in_order
        assert not list(order_problems("here", names))


@given(st.lists(st.text("ab_-01289²٣.", max_size=8)))
def test_any_names_have_one_order_whatever_they_come_in(names):
    once = sorted(names, key=natural_key)
    backwards = names[::-1]
    assert sorted(backwards, key=natural_key) == once


def test_every_number_of_a_name_counts():
    names = ["run-10_beta-1", "run-2_beta-10", "run-2_beta-9"]
    assert sorted(names, key=natural_key) == ["run-2_beta-9", "run-2_beta-10", "run-10_beta-1"]


@pytest.mark.parametrize(
    "names",
    [
        ["beta_1", "beta_01"], ["beta_01", "beta_2", "beta_10"], ["beta_001", "beta_02"],
        ["run-1_beta-01", "run-1_beta-2"], ["beta_08", "beta_09", "beta_9"],
    ],
)  # fmt: skip
def test_mixed_padding_is_refused(names):
    (problem,) = order_problems("folder", names)
    assert "padded with zeros in all names, or in none" in problem.expected


@pytest.mark.parametrize(
    "names",
    [
        [f"beta_{n}" for n in range(200)], [f"beta_{n:02d}" for n in range(200)],
        ["0", "1", "10"], ["a_01", "b_1"], ["mask", "betas"], [],
    ],
)  # fmt: skip
def test_one_way_of_padding_is_no_problem(names):
    assert not list(order_problems("folder", names))
