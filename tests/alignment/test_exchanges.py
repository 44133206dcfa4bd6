import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.alignment.permutations.exchanges import draw_permutations, exchange_problems
from pipeline.errors import AlignmentError

GROUPS = np.array(list("aabbbccddddeefffgg"))  # four of 2, two of 3, one of 4


def members(order):
    """Rows of every group, in order."""
    return {group: order[group == GROUPS] for group in np.unique(GROUPS)}


def test_whole_groups_change_places_with_groups_of_their_size():
    before = members(np.arange(len(GROUPS)))
    for order in draw_permutations(GROUPS, 48, seed=1):
        assert sorted(order) == list(range(len(GROUPS)))
        for rows in members(order).values():
            (source,) = np.unique(GROUPS[rows])
            np.testing.assert_array_equal(rows, before[source])  # all of it, in its order


def test_every_exchange_is_as_likely_as_any_other():
    drawn = [draw_permutations(GROUPS, 48, seed) for seed in range(100)]
    orders, counts = np.unique(np.concatenate(drawn), axis=0, return_counts=True)
    assert len(orders) == 48
    assert counts.min() > 60
    assert counts.max() < 140


def test_a_group_whose_rows_lie_apart_is_exchanged_whole():
    drawn = [draw_permutations(list("abab"), 2, seed) for seed in range(9)]
    orders = np.unique(np.concatenate(drawn), axis=0)
    assert orders.tolist() == [[0, 1, 2, 3], [1, 0, 3, 2]]


def test_a_seed_draws_the_same_permutations_again():
    one, again, other = (draw_permutations(GROUPS, 48, seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=8), seed=st.integers(0, 99))
def test_sizes_stay_where_they_are(sizes, seed):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    assume(not list(exchange_problems(groups, 1)))
    (order,) = draw_permutations(groups, 1, seed)
    np.testing.assert_array_equal(np.array(sizes)[groups[order]], np.array(sizes)[groups])


@pytest.mark.parametrize(
    ("groups", "n_permutations", "message"),
    [
        (
            "abbccc",
            1,
            r"1 distinct \(groups by number of stimuli: 1 of 1, 1 of 2, 1 of 3\)\. Form groups of",
        ),
        (
            GROUPS,
            49,
            r"at least 49 distinct .* stimulus groups of equal size; found 48 .*at most 48",
        ),
    ],
)
def test_too_few_exchanges_are_refused_and_counted(groups, n_permutations, message):
    with pytest.raises(AlignmentError, match=message):
        draw_permutations(list(groups), n_permutations, seed=0)
