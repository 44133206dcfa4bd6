"""The simulated language: what its sentences, summaries, answers and translations promise."""

import re
from collections import Counter

import numpy as np
import pytest

from pipeline.errors import DataError
from pipeline.worlds.language import (
    DICTIONARY,
    TOPICS,
    ask,
    form_factors,
    sample_passages,
    semantic_factors,
    summarise,
    topic_factors,
    translate,
)
from pipeline.worlds.lexicon import LEXICON
from pipeline.worlds.sentences import TEMPLATES


@pytest.fixture(scope="module")
def passages():
    return sample_passages(480, seed=3)


@pytest.fixture(scope="module")
def sentences(passages):
    return [sentence for passage in passages for sentence in passage.sentences]


def test_there_are_at_least_24_topics_and_no_word_belongs_to_two():
    words = [word for topic in LEXICON.values() for word in topic.words]
    assert len(TOPICS) >= 24
    assert len(set(words)) == len(words)


def test_the_same_seed_writes_the_same_passages_and_another_seed_others():
    assert sample_passages(30, seed=1) == sample_passages(30, seed=1)
    assert sample_passages(30, seed=1) != sample_passages(30, seed=2)


def test_fewer_passages_are_the_first_of_more():
    assert sample_passages(10, seed=1) == sample_passages(30, seed=1)[:10]


def test_passages_are_balanced_over_topics(passages):
    assert set(Counter(passage.topic for passage in passages).values()) == {20}


def test_no_sentence_occurs_twice(sentences):
    assert len({sentence.text for sentence in sentences}) == len(sentences)


def test_sentences_have_5_to_10_words_in_lower_case_and_end_with_a_full_stop(sentences):
    for sentence in sentences:
        assert 5 <= len(sentence.words) <= 10
        assert re.fullmatch(r"[a-z]+( [a-z]+)* \.", sentence.text)


def test_every_template_is_used(sentences):
    assert {sentence.template for sentence in sentences} == set(range(len(TEMPLATES)))


def test_a_passage_is_four_sentences_on_one_topic_opened_by_protagonist_and_place(passages):
    for passage in passages:
        assert len(passage.sentences) == 4
        assert {sentence.topic for sentence in passage.sentences} == {passage.topic}
        assert passage.sentences[0].agent in passage.sentences[0].words
        assert passage.place in passage.sentences[0].words


def test_a_summary_says_who_does_what_and_where_in_at_most_8_words(passages):
    for passage in passages:
        words = summarise(passage).split()[:-1]
        first = passage.sentences[0]
        assert {first.agent, first.verb, first.object, first.place} <= set(words)
        assert len(words) == 8


def test_answers_occur_in_the_passage(passages):
    rng = np.random.default_rng(0)
    for passage in passages:
        question, answer = ask(passage, rng)
        assert question.endswith(" ?")
        assert answer.split()[-1] in passage.text.split()


def test_a_question_has_one_answer(passages):
    """Ask with many draws: the same question never gets two answers."""
    rng = np.random.default_rng(0)
    for passage in passages[:48]:
        answers = [ask(passage, rng) for _ in range(60)]
        assert len(dict(answers)) == len(set(answers))


def test_translation_is_deterministic_and_keeps_the_number_of_sentences(passages):
    for passage in passages[:24]:
        assert translate(passage.text) == translate(passage.text)
        assert translate(passage.text).split().count(".") == 4


def test_translation_can_be_inverted_word_for_word(sentences):
    back = {invented: word for word, invented in DICTIONARY.items()}
    assert len(back) == len(DICTIONARY)
    for sentence in sentences:
        content = [word for word in sentence.words if word != "the"]
        message = [back[word] for word in translate(sentence.text).split()[:-1]]
        assert sorted(message) == sorted(content)


def test_in_translation_the_verb_stands_last_and_adjectives_after_their_noun():
    order = ["kitchen", "in", "cook", "old", "soup", "fine", "slowly", "stirs"]
    expected = " ".join([*(DICTIONARY[word] for word in order), "."])
    assert translate("in the kitchen the old cook slowly stirs the fine soup .") == expected


def test_translation_uses_no_word_of_the_first_language():
    assert not set(DICTIONARY.values()) & set(DICTIONARY)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("the cook stirs the gravel .", "gravel"),
        ("the cook stirs the soup", "the cook stirs the soup"),
        ("", "''"),
        ("the cook the soup .", "cook soup"),
    ],
)
def test_text_outside_the_language_is_refused(text, message):
    with pytest.raises(DataError, match=message):
        translate(text)


@pytest.mark.parametrize("n", [-1, 20_001])
def test_an_impossible_number_of_passages_is_refused(n):
    with pytest.raises(DataError, match=f"found {n}"):
        sample_passages(n, seed=0)


def test_sentences_of_one_topic_mean_more_alike_than_sentences_of_two(sentences):
    factors = np.stack([semantic_factors(sentence) for sentence in sentences])
    topics = np.array([sentence.topic for sentence in sentences])
    similar = np.corrcoef(factors)
    same = topics[:, None] == topics[None, :]
    off_diagonal = ~np.eye(len(topics), dtype=bool)
    assert factors.shape == (len(sentences), 24)
    assert similar[same & off_diagonal].mean() > 0.5
    assert abs(similar[~same].mean()) < 0.1


def test_topic_factors_are_near_the_mean_meaning_of_the_topic(sentences):
    for topic in TOPICS:
        mean = np.mean([semantic_factors(s) for s in sentences if s.topic == topic], axis=0)
        assert np.corrcoef(mean, topic_factors(topic))[0, 1] > 0.7


def test_form_factors_count_what_they_say(sentences):
    for sentence in sentences[:100]:
        factors = form_factors(sentence)
        assert factors[0] == len(sentence.words)
        assert factors[1] == len(sentence.text)
        assert factors[5] == bool(sentence.place)
        assert factors[6:].sum() == 1
        assert factors[6 + sentence.template] == 1


def test_factors_are_copies_that_callers_may_change():
    topic_factors(TOPICS[0])[:] = 0
    assert topic_factors(TOPICS[0]).any()
