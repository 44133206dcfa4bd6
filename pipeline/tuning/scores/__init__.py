"""Task scores, from 0 to 1, of a tuned model on examples it was not tuned on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pipeline.data import TASKS
from pipeline.data.examples import (
    Examples,
    LabelledImages,
    LabelledTexts,
    TaggedTexts,
    TextPairs,
    TextSpans,
)
from pipeline.errors import TuningError
from pipeline.models.travelling.loading import TunedModel
from pipeline.tuning.forms.prepare import wrong_examples
from pipeline.tuning.scores.answers import answer_scores
from pipeline.tuning.scores.bertscore import NAMES, Scorer, bertscore
from pipeline.tuning.scores.classes import class_scores, constant_scores
from pipeline.tuning.scores.entities import entity_scores
from pipeline.tuning.scores.overlap import bleu, chrf, rouge_l
from pipeline.tuning.scores.task_score import TaskScore, mean_of

Scores = dict[str, TaskScore]

__all__ = ["Scorer", "TaskScore", "constant_scores", "score"]


def score(model: TunedModel, examples: Examples, scorer: Scorer) -> Scores:
    """Let a model do its task and compare with what is right.

    Parameters
    ----------
    model : TextModel or VisionModel
    examples : TextPairs, LabelledTexts, TaggedTexts, TextSpans or LabelledImages
    scorer : Scorer

    Returns
    -------
    dict of str to TaskScore
        The scores that the model's task has in TASKS and the scorer can give, in that order.

    Raises
    ------
    TuningError
        When the examples are not of the model's form or modality.
    BaseUnreachableError
        When the model behind BERTScore is not to be had.
    """
    card = model.card
    modality = "image" if isinstance(examples, LabelledImages) else "text"
    if (card.modality, card.form) != (modality, _FORMS[type(examples)]):
        raise TuningError(wrong_examples(card.task, card.modality, examples))
    score_names = scorer.choose(TASKS[card.task].scores)
    # each form of model takes the items of its form, which their common type cannot say
    perform: Callable[[Any], list[str]] = model.perform
    answers = perform(items_of(examples))
    by_name = _scores(answers, examples, card.classes, score_names, scorer)
    return {name: by_name[name] for name in score_names}


def _scores(
    answers: Sequence[str],
    examples: Examples,
    classes: Sequence[str],
    score_names: Sequence[str],
    scorer: Scorer,
) -> Scores:
    if isinstance(examples, TextPairs):
        return text_scores(answers, references_of(examples), score_names, scorer)
    if isinstance(examples, TextSpans):
        return answer_scores(answers, examples.answers)
    if isinstance(examples, TaggedTexts):
        return entity_scores(answers, examples, classes)
    return class_scores(answers, examples.labels, classes, score_names)


def items_of(examples: Examples) -> Any:
    """Return what a model is given of each example.

    Returns
    -------
    sequence
        Generation: the source. Classification: one or two texts, or the picture. Tagging: the
        words with spaces between. Spans: question and context.
    """
    if isinstance(examples, TextPairs):
        return examples.sources
    if isinstance(examples, TextSpans):
        return list(zip(examples.questions, examples.contexts, strict=True))
    if isinstance(examples, TaggedTexts):
        return [" ".join(words) for words in examples.words]
    return examples.images if isinstance(examples, LabelledImages) else examples.texts


_FORMS = {
    TextPairs: "generation",
    LabelledTexts: "classification",
    LabelledImages: "classification",
    TaggedTexts: "tagging",
    TextSpans: "spans",
}


def references_of(pairs: TextPairs) -> list[tuple[str, ...]]:
    further = pairs.accepted or ((),) * len(pairs)
    return [(target, *more) for target, more in zip(pairs.targets, further, strict=True)]


def text_scores(
    answers: Sequence[str],
    references: Sequence[Sequence[str]],
    score_names: Sequence[str],
    scorer: Scorer,
) -> Scores:
    """Score written texts.

    Parameters
    ----------
    answers : sequence of str
    references : sequence of sequence of str
        At least one for each answer.
    score_names : sequence of str
        Names of scores: ``bertscore_precision``, ``bertscore_recall``, ``bertscore_f1``,
        ``rouge_l``, ``bleu``, ``chrf``, ``exact_match``, ``f1`` (of words).
    scorer : Scorer

    Returns
    -------
    dict of str to TaskScore
        These, and others that come with them at no cost.
    """
    makers: dict[tuple[str, ...], Callable[[], Scores]] = {
        NAMES: lambda: {
            name: mean_of(values) for name, values in bertscore(answers, references, scorer).items()
        },
        ("rouge_l",): lambda: {"rouge_l": rouge_l(answers, references)},
        ("bleu",): lambda: {"bleu": bleu(answers, references)},
        ("chrf",): lambda: {"chrf": chrf(answers, references)},
        ("exact_match", "f1"): lambda: answer_scores(answers, references),
    }
    by_name: Scores = {}
    for names, make in makers.items():
        if set(names) & set(score_names):
            by_name |= make()
    return by_name
