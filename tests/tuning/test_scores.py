"""Scores are those of their definitions, and comparisons know their own error."""

import numpy as np
import pytest

from pipeline.errors import BaseUnreachableError
from pipeline.tuning.scores import Scorer, score
from pipeline.tuning.scores.bertscore import bertscore
from pipeline.tuning.scores.task_score import mean_of

SCORER = Scorer("tiny-bert", 3)


def test_bertscore_is_one_for_the_same_text_and_falls_with_meaning():
    target = "the baker kneads the dough in the kitchen ."
    answers = [
        target,
        "the baker kneads the dough in the bakery .",
        "the sailor mends the net on the pier .",
        "",
    ]
    f1 = bertscore(answers, [[target]] * 4, SCORER)["bertscore_f1"]
    assert f1[0] == pytest.approx(1, abs=1e-5)
    assert f1[0] > f1[1] > f1[2] > f1[3] == 0


def test_bertscore_equals_greedy_matching_of_hidden_states():
    """The definition of Zhang et al. 2020, Eq. 1-3, computed by hand on the same model."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    answer, target = "the baker kneads the dough .", "a sailor mends the net ."
    tokenizer = AutoTokenizer.from_pretrained(SCORER.location)
    network = AutoModel.from_pretrained(SCORER.location).eval()

    def unit(text):
        with torch.no_grad():
            states = network(**tokenizer(text, return_tensors="pt"), output_hidden_states=True)
        vectors = states.hidden_states[3][0, 1:-1]  # without [CLS] and [SEP]
        return vectors / vectors.norm(dim=1, keepdim=True)

    similarity = unit(answer) @ unit(target).T
    precision, recall = similarity.max(dim=1)[0].mean(), similarity.max(dim=0)[0].mean()
    found = bertscore([answer], [[target]], SCORER)
    assert found["bertscore_precision"][0] == pytest.approx(float(precision), abs=1e-4)
    assert found["bertscore_recall"][0] == pytest.approx(float(recall), abs=1e-4)
    expected = 2 * precision * recall / (precision + recall)
    assert found["bertscore_f1"][0] == pytest.approx(float(expected), abs=1e-4)


def test_a_scorer_out_of_reach_is_refused_with_what_would_serve():
    with pytest.raises(BaseUnreachableError, match=r"bertscore_model.*'roberta-none'.*tiny-bert"):
        bertscore(["a"], [["b"]], Scorer("roberta-none", 2))


def test_accuracy_is_the_share_of_right_classes(adapted, start_of):
    model = adapted("tiny-vit", "digits", "base")
    _, data = start_of("tiny-vit", "digits", "base")
    right = [
        name == model.card.classes[label]
        for name, label in zip(model.perform(data.test.images), data.test.labels, strict=True)
    ]
    found = score(model, data.test, SCORER)["accuracy"]
    assert found.mean == np.mean(right)
    assert found.error == pytest.approx(np.std(right) / np.sqrt(len(right)), rel=0.1)


@pytest.mark.parametrize(
    ("gain", "beats"), [(0.2, True), (0.0, False), (-0.2, False), (0.001, False)]
)
def test_better_means_by_more_than_the_bootstrap_error(gain, beats):
    rng = np.random.default_rng(1)
    base = rng.uniform(0.3, 0.7, 100)
    noise = rng.standard_normal(100)
    tuned = base + gain + 0.1 * (noise - noise.mean())
    assert mean_of(tuned).beats(mean_of(base)) is beats
