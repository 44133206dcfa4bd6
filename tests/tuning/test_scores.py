"""Scores are those of their definitions, and comparisons know their own error."""

import sys

import numpy as np
import pytest

from pipeline.config import TuneConfig
from pipeline.errors import BaseUnreachableError, PipelineError, TuningError
from pipeline.tuning.hub_check import refuse_out_of_reach
from pipeline.tuning.scores.bertscore import Scorer, _model, bertscore
from pipeline.tuning.scores.task_score import mean_score
from pipeline.tuning.scoring import score

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
    values = bertscore([answer], [[target]], SCORER)
    assert values["bertscore_precision"][0] == pytest.approx(float(precision), abs=1e-4)
    assert values["bertscore_recall"][0] == pytest.approx(float(recall), abs=1e-4)
    expected = 2 * precision * recall / (precision + recall)
    assert values["bertscore_f1"][0] == pytest.approx(float(expected), abs=1e-4)


def test_a_scorer_out_of_reach_is_refused_with_what_would_serve():
    with pytest.raises(BaseUnreachableError, match=r"bertscore_model.*'roberta-none'.*tiny-bert"):
        bertscore(["a"], [["b"]], Scorer("roberta-none", 2))


def test_a_scorer_that_does_not_know_its_text_is_refused():
    known = ["the baker kneads the dough ."]
    SCORER.check(known)
    strange = ["Quarterly revenues at the Frankfurt lender slumped unexpectedly."]
    message = r"bertscore_model 'tiny-bert': expected .* 95% .*; found \d+% that it does not know"
    with pytest.raises(TuningError, match=message):
        SCORER.check([*known, *strange])


def test_a_score_is_rescaled_where_one_baseline_is_at_hand_and_says_so():
    assert Scorer("roberta-large", 17).baseline.name == "roberta-large.tsv"
    assert Scorer("roberta-large", 17).name == "roberta-large, layer 17, rescaled"
    assert Scorer("bert-base-multilingual-cased", 9).baseline is None  # one for each language
    assert Scorer("../en/roberta-large", 17).baseline is None
    assert SCORER.name == "tiny-bert, layer 3"


@pytest.mark.filterwarnings("ignore:The given NumPy array is not writable")  # bert_score's own
def test_rescaling_takes_the_baseline_of_the_layer(tmp_path, monkeypatch):
    """Zhang et al. 2020, Eq. 4: (score - b) / (1 - b)."""
    table = tmp_path / "baseline.tsv"
    table.write_text("LAYER,P,R,F\n" + "".join(f"{n},.1,.2,.{n}\n" for n in range(4)))
    texts = ["the baker kneads the dough ."], [["a sailor mends the net ."]]
    plain = bertscore(*texts, SCORER)
    monkeypatch.setattr(Scorer, "baseline", table)
    module = sys.modules["pipeline.tuning.scores.bertscore"]
    monkeypatch.setattr(module, "_baselines", lambda: tmp_path)
    _model.cache_clear()
    rescaled = bertscore(*texts, SCORER)
    _model.cache_clear()
    for name, low in [("precision", 0.1), ("recall", 0.2), ("f1", 0.3)]:
        score = plain[f"bertscore_{name}"][0]
        assert rescaled[f"bertscore_{name}"][0] == pytest.approx((score - low) / (1 - low))


def test_without_a_scorer_the_other_scores_remain():
    names = ("rouge_l", "bertscore_f1", "bertscore_recall")
    assert Scorer("none", 1).choose(names) == ("rouge_l",)
    assert SCORER.choose(names) == names


def test_bertscore_is_not_left_out_where_it_decides():
    with pytest.raises(PipelineError, match="bertscore_model: expected a model, as BERTScore"):
        refuse_out_of_reach(
            [TuneConfig(task="summarization", method="full", bertscore_model="none")]
        )


def test_accuracy_is_the_share_of_right_classes(adapted, start_of):
    model = adapted("tiny-vit", "digits", "base")
    _, data = start_of("tiny-vit", "digits", "base")
    right = [
        name == model.card.classes[label]
        for name, label in zip(model.perform(data.test.images), data.test.labels, strict=True)
    ]
    accuracy = score(model, data.test, SCORER)["accuracy"]
    assert accuracy.mean == np.mean(right)
    assert accuracy.error == pytest.approx(np.std(right) / np.sqrt(len(right)), rel=0.1)


@pytest.mark.parametrize(
    ("gain", "beats"), [(0.2, True), (0.0, False), (-0.2, False), (0.001, False)]
)
def test_better_means_by_more_than_chance_brings(gain, beats):
    rng = np.random.default_rng(1)
    base = rng.uniform(0.3, 0.7, 100)
    noise = rng.standard_normal(100)
    tuned = base + gain + 0.1 * (noise - noise.mean())
    assert mean_score(tuned).beats(mean_score(base)) is beats
