"""Scores are those of the libraries and the definitions that the field reports."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu import corpus_bleu, corpus_chrf
from seqeval.metrics import f1_score as seqeval_f1
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

from pipeline.data.tagging import TAGS
from pipeline.tuning.forms.generation import text_scores
from pipeline.tuning.scores.answers import answer_or_none_scores, answer_scores, normalised, word_f1
from pipeline.tuning.scores.bertscore import Scorer
from pipeline.tuning.scores.classes import class_scores
from pipeline.tuning.scores.entities import entity_scores
from pipeline.tuning.scores.overlap import bleu, chrf, rouge_l

ANSWERS = ["The cat sat on the mat .", "A dog runs in the park", "", "completely other words here"]
TARGETS = [
    "The cat sat on a mat .",
    "A dog is running in the park .",
    "Two birds",
    "The sun shines",
]
WORDS = st.lists(
    st.sampled_from(["the", "cat", "sat", "on", "a", "mat", "and", "dog", "ran"]), max_size=8
).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(pairs=st.lists(st.tuples(WORDS, WORDS.filter(bool)), min_size=1, max_size=6))
def test_bleu_and_chrf_are_those_of_sacrebleu(pairs):
    answers, targets = map(list, zip(*pairs, strict=True))
    single = [[target] for target in targets]
    assert bleu(answers, single).mean == pytest.approx(corpus_bleu(answers, [targets]).score / 100)
    assert chrf(answers, single).mean == pytest.approx(corpus_chrf(answers, [targets]).score / 100)


def test_answers_may_have_different_numbers_of_references():
    references = [["one two three four"], ["a b c d e", "one two three four five"]]
    answers = ["one two three four", "one two three four five"]
    streams = [["one two three four", "a b c d e"], [None, "one two three four five"]]
    assert bleu(answers, references).mean == pytest.approx(
        corpus_bleu(answers, streams).score / 100
    )
    assert bleu(answers, references).mean == chrf(answers, references).mean == 1
    assert rouge_l(answers, references).mean == 1


def longest_common(a, b):
    lengths = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            same = lengths[i, j] + 1
            lengths[i + 1, j + 1] = same if x == y else max(lengths[i, j + 1], lengths[i + 1, j])
    return lengths[-1, -1]


@settings(max_examples=60, deadline=None)
@given(answer=WORDS, target=WORDS.filter(bool))
def test_rouge_l_is_the_f_measure_of_the_longest_common_subsequence(answer, target):
    a, t = answer.split(), target.split()
    common = longest_common(a, t)
    expected = 2 * common / (len(a) + len(t)) if common else 0
    assert rouge_l([answer], [[target]]).mean == pytest.approx(expected)


@pytest.mark.parametrize(
    ("answer", "truths", "exact", "f1"),
    [
        ("The Eiffel-Tower!", ["eiffeltower"], 1, 1),
        ("in the  10th century", ["10th century", "the 11th"], 0, 0.8),
        ("France", ["Germany", "France"], 1, 1),
        ("", ["France"], 0, 0),
        ("red red blue", ["red blue blue"], 0, 2 / 3),
    ],
)
def test_answers_score_as_in_squads_own_script(answer, truths, exact, f1):
    scores = answer_scores([answer], [truths])
    assert scores["exact_match"].mean == exact
    assert scores["f1"].mean == pytest.approx(f1)


def test_articles_go_only_as_whole_words():
    assert normalised("An Anthem, the A-theme of a band.") == "anthem atheme of band"
    assert word_f1("the", "a") == 0


@pytest.mark.filterwarnings("ignore:A single label was found")
@settings(max_examples=80, deadline=None)
@given(
    pairs=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=30),
    n_classes=st.sampled_from([2, 3]),
)
def test_class_scores_are_those_of_scikit_learn(pairs, n_classes):
    guesses, truth = (np.array(side) % n_classes for side in zip(*pairs, strict=True))
    classes = ("no", "yes", "maybe")[:n_classes]
    names = ("accuracy", "macro_f1", "mcc", "f1")[: n_classes + 2 if n_classes == 2 else 3]
    scores = class_scores([classes[i] for i in guesses], truth, classes, names)
    assert list(scores) == list(names)
    assert scores["accuracy"].mean == pytest.approx(accuracy_score(truth, guesses))
    macro = f1_score(truth, guesses, average="macro", zero_division=0)
    assert scores["macro_f1"].mean == pytest.approx(macro)
    assert scores["mcc"].mean == pytest.approx(matthews_corrcoef(truth, guesses))
    if n_classes == 2:
        expected = f1_score(truth, guesses, zero_division=0)
        assert scores["f1"].mean == pytest.approx(expected)


TAG_PAIRS = st.lists(
    st.lists(st.tuples(*2 * [st.integers(0, len(TAGS) - 1)]), min_size=1, max_size=8),
    min_size=1,
    max_size=5,
)


@settings(max_examples=80, deadline=None)
@given(texts=TAG_PAIRS)
def test_entity_f1_is_that_of_seqeval(texts):
    truth = tuple(np.array([t for _, t in text]) for text in texts)
    named = [[TAGS[n] for n, _ in text] for text in texts]
    scores = entity_scores([" ".join(tags) for tags in named], truth, TAGS)
    true = [[TAGS[t] for t in tags] for tags in truth]
    assert scores["entity_f1"].mean == pytest.approx(seqeval_f1(true, named, zero_division=0))


def test_words_that_a_model_left_without_a_tag_count_as_outside():
    scores = entity_scores(["B-ORG"], [np.array([3, 0, 5])], TAGS)
    assert scores["entity_f1"].mean == pytest.approx(2 / 3)
    assert scores["accuracy"].mean == pytest.approx(2 / 3)


def test_all_scores_of_texts_run_from_0_to_1_and_stand_for_empty_answers():
    names = ("bertscore_f1", "rouge_l", "bleu", "chrf", "exact_match", "f1")
    references = [[target] for target in TARGETS]
    scorer = Scorer("tiny-bert", 3)
    some = text_scores(ANSWERS, references, names, scorer)
    perfect = text_scores(TARGETS, references, names, scorer)
    nothing = text_scores([""] * len(TARGETS), references, names, scorer)
    for name in names:
        assert nothing[name].mean == 0
        assert perfect[name].mean == pytest.approx(1, abs=1e-5)
        assert 0 <= some[name].mean < 1
        assert some[name].error >= 0


def test_bertscore_takes_the_best_of_several_references():
    scorer = Scorer("tiny-bert", 3)
    references = [["the sailor mends the net .", "the baker kneads the dough ."]]
    scores = text_scores(["the baker kneads the dough ."], references, ("bertscore_f1",), scorer)
    assert scores["bertscore_f1"].mean == pytest.approx(1, abs=1e-5)


def test_an_answer_where_there_is_none_and_none_where_there_is_one_score_nothing():
    accepted = [("the baker",), ("a sailor", "sailors"), (), ()]
    scores = answer_or_none_scores(["Baker!", "", "", "a net"], accepted)
    for name, values in scores.items():
        np.testing.assert_array_equal(values.statistics[:, 0], [1, 0, 1, 0], name)
    part = answer_or_none_scores(["old sailor"], [("a sailor",)])
    assert part["f1"].mean == pytest.approx(2 / 3)
    assert (part["exact_match"].mean, part["answerable"].mean) == (0, 1)
