"""Segments are framed as each tokenizer frames them, and cut where they are longest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.models.travelling.forms.spans import encode_windows
from pipeline.models.travelling.forms.tagging import encode_words
from pipeline.models.travelling.framing import (
    cut_longest,
    encode_segments,
    frame_of,
    padded,
    token_ids,
)
from pipeline.models.travelling.text_networks import load_tokenizer

KINDS = ("tiny-bert", "roberta", "t5", "bart")
FIRST, SECOND = "the baker kneads the dough .", "a sailor mends the net on the pier ."


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("texts", [(FIRST,), (FIRST, SECOND)], ids=["one", "two"])
def test_segments_that_fit_are_encoded_as_the_tokenizer_does(architecture, kind, texts):
    tokenizer = load_tokenizer(architecture(kind))
    expected = dict(tokenizer(*texts))
    expected.pop("attention_mask")
    assert encode_segments(tokenizer, 64, [texts]) == [expected]


def test_a_decoder_has_its_end_of_text_between_two_segments_and_nothing_else(architecture):
    tokenizer = load_tokenizer(architecture("tiny-gpt2"))
    frame = frame_of(tokenizer, 2)
    assert frame.gaps == ((), (tokenizer.eos_token_id,), ())
    (encoded,) = encode_segments(tokenizer, 64, [(FIRST, SECOND)])
    assert tokenizer.decode(encoded["input_ids"]) == f"{FIRST}<|endoftext|>{SECOND}"


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 40))
def test_two_segments_are_cut_to_the_room_the_longer_one_first(first, second, room):
    lengths = [len(part) for part in cut_longest([range(first), range(second)], room)]
    assert sum(lengths) == min(room, first + second)
    if first + second > room:
        shorter = min(first, second)
        assert min(lengths) >= min(shorter, room // 2)


@pytest.mark.parametrize("kind", ["tiny-bert", "roberta", "tiny-gpt2"])
def test_every_word_has_a_first_token_in_exactly_one_stretch(architecture, kind):
    tokenizer = load_tokenizer(architecture(kind))
    words = [*FIRST.split(), "\u200d", *SECOND.split()] * 4
    (stretches,) = encode_words(tokenizer, 24, [words])
    assert len(stretches) >= 3
    assert [s.start for s in stretches][1:] == [s.start + len(s.firsts) for s in stretches][:-1]
    assert sum(len(s.firsts) for s in stretches) == len(words)
    for stretch in stretches:
        ids = stretch.encoded["input_ids"]
        assert len(ids) <= 24
        for place, word in zip(stretch.firsts, words[stretch.start :], strict=False):
            if word.isascii():
                assert ids[place] == token_ids(tokenizer, [f" {word}"])[0][0]


@pytest.mark.parametrize("kind", [*KINDS, "tiny-gpt2"])
def test_windows_cover_a_long_text_and_find_each_word_in_it(architecture, kind):
    tokenizer = load_tokenizer(architecture(kind))
    context = " ".join([FIRST, SECOND] * 6)
    (windows,) = encode_windows(tokenizer, 48, ["where ?"], [context])
    assert len(windows) > 2
    assert max(len(w.encoded["input_ids"]) for w in windows) <= 48
    start = context.rindex("dough")
    places = [(w, w.locate(start, start + 5)) for w in windows]
    whole = [(w, place) for w, place in places if place]
    assert whole, "some window holds the answer"
    for window, (first, last) in whole:
        tokens = window.encoded["input_ids"][first : last + 1]
        assert tokenizer.decode(tokens).strip() == "dough"
        assert not window.locate(0, 3), "what is not in a window is not found there"


def test_padding_is_masked_and_everything_else_is_not():
    batch = padded([{"input_ids": [5, 6, 7]}, {"input_ids": [8]}], pad_token_id=9)
    assert batch["input_ids"].tolist() == [[5, 6, 7], [8, 9, 9]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
