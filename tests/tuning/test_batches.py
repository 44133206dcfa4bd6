"""Batches follow from the seed and the step, and their parts lose nothing."""

import itertools

import numpy as np
import pytest
import torch
from starts import SENTENCES, examples_of, start_for

from pipeline.config import TuneConfig
from pipeline.data.forms.generation import TextPairs
from pipeline.tuning.forms import form_of
from pipeline.tuning.forms.prepare import prepare
from pipeline.tuning.methods import METHODS
from pipeline.tuning.recipe import Recipe
from pipeline.tuning.training.batches import Batches, Parts, in_order_of_length
from pipeline.tuning.training.loop import held_out_loss
from pipeline.tuning.training.schedule import Schedule

LENGTHS = np.random.default_rng(0).integers(10, 500, 400)


def batches(seed=0, grouped=True, lengths=LENGTHS, size=8, **share):
    return list(Batches(lengths, size, 100, seed, grouped, **share))


@pytest.mark.parametrize("grouped", [True, False])
def test_every_example_is_taken_once_in_each_pass(grouped):
    drawn = list(itertools.chain(*batches(grouped=grouped)))
    assert len(drawn) == 800
    assert np.all(np.bincount(drawn) == 2)


def test_the_same_seed_gives_the_same_batches_and_another_gives_others():
    assert batches() == batches()
    assert batches() != batches(seed=1)


def padding(chunks):
    longest = [max(LENGTHS[batch]) * len(batch) for batch in chunks]
    return sum(longest) / sum(LENGTHS[batch].sum() for batch in chunks)


def test_grouped_batches_need_little_padding_and_come_in_random_order():
    assert padding(batches(grouped=False)) > 1.5
    assert padding(batches()) < 1.1
    means = [LENGTHS[batch].mean() for batch in batches()[:25]]
    assert abs(np.corrcoef(means, np.arange(25))[0, 1]) < 0.5


def test_processes_get_shares_of_the_same_batches():
    shares = [batches(rank=rank, world_size=3) for rank in range(3)]
    for whole, parts in zip(batches(), zip(*shares, strict=True), strict=True):
        assert sorted(itertools.chain(*parts)) == sorted(whole)


def test_fewer_examples_than_a_batch_holds_are_taken_again():
    drawn = batches(lengths=np.array([3, 4, 5]))
    assert all(len(batch) == 8 for batch in drawn)
    assert all(set(batch) == {0, 1, 2} for batch in drawn)


@pytest.mark.parametrize("tokens", [1, 30, 64, 10_000])
def test_parts_hold_every_item_once_and_no_more_tokens_than_allowed(tokens):
    lengths = [3, 5, 8, 8, 13, 21]
    items = [({"input_ids": torch.full((n,), n)}, (n,)) for n in lengths]

    def collate(part):
        return torch.nn.utils.rnn.pad_sequence([item["input_ids"] for item in part], True)

    parts = Parts(collate, tokens)(items)
    rows = [int(row.max()) for part in parts for row in part]
    assert rows == lengths
    assert all(part.numel() <= tokens or len(part) == 1 for part in parts)


def test_prompts_and_the_labels_of_a_decoder_count_among_the_positions(architecture):
    """A limit is one of what goes through the network, not of the tokens of the texts."""
    start = start_for("prompt", "t5", "generation", length=20, folder=architecture("t5"))
    model = METHODS["prompt"].adapt(start)
    targets = tuple(sentence * (1 + n) for n, sentence in enumerate(SENTENCES))
    items, collate = prepare(model, TextPairs(SENTENCES, targets))
    parts = Parts(collate, 300)(in_order_of_length(items))
    sizes = [
        part["input_ids"].numel() + 20 * len(part["input_ids"]) + part["labels"].numel()
        for part in parts
    ]
    assert len(parts) > 1
    assert all(n <= 300 or len(part["labels"]) == 1 for n, part in zip(sizes, parts, strict=True))


def test_positions_in_front_of_a_decoder_do_not_change_the_order_of_examples():
    lengths = []
    for method in ("full", "prompt"):
        model = METHODS[method].adapt(start_for(method, "tiny-gpt2", "generation", length=7))
        lengths.append(prepare(model, examples_of("generation"))[0].lengths)
    assert np.array_equal(lengths[0] + 7, lengths[1])


def test_parts_are_of_one_length_where_a_network_reads_padding():
    lengths = [3, 3, 5, 8, 8, 8]
    items = [({"input_ids": torch.full((n,), n)}, (n,)) for n in lengths]
    parts = Parts(lambda part: [len(item["input_ids"]) for item in part], 16, padded=False)(items)
    assert parts == [[3, 3], [5], [8, 8], [8]]


def test_a_network_that_reads_padding_is_trained_without_any(architecture):
    """The loss of a batch is the mean of those of its texts, each read alone."""
    start = start_for("full", "fnet", "classification", folder=architecture("fnet"))
    model = METHODS["full"].adapt(start)
    examples = examples_of("classification")
    settings = TuneConfig(method="full", task="defect", batch_size=4)
    schedule = Schedule(Recipe(0.0, 0.0, 0.0), 0.0, 4, settings)
    loss = held_out_loss(model, examples, examples, schedule)
    items, collate = prepare(model, examples)
    with torch.no_grad():
        alone = [form_of(model.card).loss(model.network, collate([item])) for item in items.items]
        padded = form_of(model.card).loss(model.network, collate(items.items))
    assert loss == pytest.approx(float(torch.stack(alone).mean()), rel=1e-5)
    assert loss != pytest.approx(float(padded), rel=1e-3)
