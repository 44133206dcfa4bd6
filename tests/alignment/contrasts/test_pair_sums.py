"""2v2 summed over pairs of stimulus groups is 2v2, whatever is left out of it."""

import numpy as np
import pytest

from pipeline.alignment import align, best_layers, encode
from pipeline.alignment.contrasts.pair_sums import (
    MOST_GROUPS,
    N_BLOCKS,
    blocks_of,
    sum_pairs,
    unpack,
)
from pipeline.alignment.two_vs_two import pairs_within, two_vs_two


def test_wins_over_pairs_are_two_vs_two_of_groups_of_unequal_size(rng):
    R = rng.uniform(-1, 1, (11, 11))
    sums = sum_pairs(R, np.array(list("aaaabbcccde")))

    assert sums.pairs.sum() == 11 * 10 // 2
    assert sums.wins.sum() / sums.pairs.sum() == pytest.approx(float(two_vs_two(R)), abs=1e-15)


def test_pairs_within_groups_are_those_of_the_hard_pairs(rng):
    R, groups = rng.uniform(-1, 1, (9, 9)), np.array(list("aaabbbbcd"))
    sums = sum_pairs(R, groups)
    within = sums.first == sums.second

    expected = float(two_vs_two(R, pairs_within(groups)))
    assert sums.wins[within].sum() / sums.pairs[within].sum() == pytest.approx(expected)


def test_leaving_a_group_out_is_scoring_the_other_stimuli(rng):
    R, groups = rng.uniform(-1, 1, (10, 10)), np.array(list("aaabbccddd"))
    sums, others = sum_pairs(R, groups), groups != "b"
    left = (sums.names[sums.first] != "b") & (sums.names[sums.second] != "b")

    expected = float(two_vs_two(R[np.ix_(others, others)]))
    assert sums.wins[left].sum() / sums.pairs[left].sum() == pytest.approx(expected)


def test_a_tie_counts_one_half():
    assert sum_pairs(np.ones((2, 2)), np.array(["a", "b"])).wins.tolist() == [0.5]


def test_few_groups_are_their_own_blocks_and_many_are_dealt_to_few_by_name():
    few = [f"g{n}" for n in range(MOST_GROUPS)]
    many = [f"g{n}" for n in range(20 * MOST_GROUPS)]

    assert blocks_of(few).tolist() == few
    assert len(set(blocks_of(many))) == N_BLOCKS
    assert blocks_of(many[::-1])[::-1].tolist() == blocks_of(many).tolist()


def test_an_alignment_sums_the_chosen_layer_of_every_fold(subject, groups, settings):
    table = align(*subject, groups, settings)
    sums = unpack(table.attrs["pair_sums"])

    cell = ["direction", "roi", "layer", "fold"]
    totals = sums.groupby(cell)[["wins", "pairs"]].sum()
    chosen = best_layers(table, settings.objective).set_index(cell)
    assert len(totals) == len(chosen)
    np.testing.assert_allclose(totals.wins / totals.pairs, chosen.two_vs_two.loc[totals.index])


def test_every_source_is_summed_when_encoding(subject, groups, settings):
    features, responses = subject
    sources = {name: (x,) for name, x in features.items()}
    table = encode(sources, responses, groups, settings)

    sums = unpack(table.attrs["pair_sums"])
    cell = ["roi", "layer", "fold"]
    totals = sums.groupby(cell)[["wins", "pairs"]].sum()
    scores = table.set_index(cell).two_vs_two
    np.testing.assert_allclose(totals.wins / totals.pairs, scores.loc[totals.index])
