"""The committed minimal pairs are those that the command writes, each changed in one thing."""

import json

import pytest

from pipeline.data.minimal_pairs import BAD, GOOD, read_minimal_pairs
from studies.simulated_minimal_pairs import CHANGES, N_PAIRS, pairs_of


@pytest.mark.parametrize("name", CHANGES)
def test_the_committed_pairs_are_those_that_are_written(name, repository):
    path = repository / "studies/small/minimal_pairs" / f"{name}.jsonl"
    committed = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert committed == pairs_of(CHANGES[name])


def test_a_pair_differs_in_one_thing(repository):
    by_name = {p.name: p for p in read_minimal_pairs(repository / "studies/small/minimal_pairs")}
    assert set(by_name) == set(CHANGES)
    for name, phenomenon in by_name.items():
        assert len(phenomenon.good) == N_PAIRS
        for good, bad in zip(phenomenon.good, phenomenon.bad, strict=True):
            changed = sum(a != b for a, b in zip(good.split(), bad.split(), strict=True))
            assert changed == (2 if name == "verb-before-subject" else 1), (GOOD, good, BAD, bad)
