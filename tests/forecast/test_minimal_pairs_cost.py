"""Minimal pairs cost a pass a sentence, or of a masked model one for each of its tokens."""

from dataclasses import replace

import pytest
from machines import QUICK

from pipeline.data.minimal_pairs import Phenomenon
from pipeline.forecast.facts import NetworkFacts
from pipeline.forecast.minimal_pairs import PairFacts, minimal_pairs_cost
from pipeline.models.bases import PRETRAINED
from pipeline.tracking.stages.forecast.facts import pair_facts, reads_masked

NETWORK = NetworkFacts("text", 4, 128, 512, 1024, 192, 1_000_000)
AT_NO_CALL = replace(QUICK, block_call=0.0, bookkeeping=0.0)


def seconds(n_sentences, tokens, masked=False):
    pairs = PairFacts(n_sentences, tokens)
    return minimal_pairs_cost(pairs, NETWORK, masked, AT_NO_CALL).seconds


def test_time_is_that_of_the_operations_of_every_position():
    per_token = 2 * NETWORK.block_parameters + 4 * 4 * 10 * 128 + 2 * 128 * 1024
    assert seconds(200, 10) == pytest.approx(200 * 10 * per_token / 2e10)
    assert seconds(200, 10, masked=True) == pytest.approx(10 * seconds(200, 10))


def test_both_sentences_of_every_pair_count():
    phenomenon = Phenomenon("order", ("a b c d e",) * 3, ("b a c d e",) * 3)
    facts = pair_facts([phenomenon, phenomenon])
    assert (facts.n_sentences, facts.tokens) == (12, pytest.approx(7.0))


def test_a_base_says_whether_it_fills_in_masks():
    assert reads_masked(PRETRAINED / "tiny-bert")
    assert not reads_masked(PRETRAINED / "tiny-gpt2")
