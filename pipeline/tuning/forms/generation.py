"""Writing a text after another: sources, cue and targets, and scores of what was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.data.forms.generation import TextPairs
from pipeline.errors import Problem, TuningError
from pipeline.models.travelling.card import GREEDY
from pipeline.tuning.forms.form import IGNORED, Form, Scoring, TaskScores
from pipeline.tuning.scores.answers import answer_scores
from pipeline.tuning.scores.bertscore import NAMES, Scorer, bertscore
from pipeline.tuning.scores.overlap import bleu, chrf, rouge_l
from pipeline.tuning.scores.task_score import mean_score

if TYPE_CHECKING:
    import torch

    from pipeline.models.travelling.text import TextModel
    from pipeline.tuning.forms.items import Item
    from pipeline.tuning.start import Start


def _items(model: TextModel, pairs: TextPairs) -> list[Item]:
    """Source, cue, target, end; the loss sees the target and the end only.

    An encoder-decoder reads source and cue, and has the target and the end as labels alone.
    """
    import torch

    from pipeline.models.travelling.framing import cut_source, frame_of, token_ids

    tokenizer, card, room = model.tokenizer, model.card, model.room
    writes_apart = model.kind == "encoder-decoder"
    frame = frame_of(tokenizer, 1)
    n_cue = len(token_ids(tokenizer, [card.cue])[0])
    most = _longest_answer(room, n_cue, frame.size)
    sources = token_ids(tokenizer, [f"{source}{card.cue}" for source in pairs.sources])
    space = "" if writes_apart else " "
    targets = token_ids(tokenizer, [f"{space}{target}" for target in pairs.targets])
    items: list[Item] = []
    for source, target in zip(sources, targets, strict=True):
        answer = [*target, tokenizer.eos_token_id]
        left = room - frame.size - (0 if writes_apart else len(answer))
        if len(answer) > most:
            raise TuningError(_too_long(card.task, len(answer), most))
        before = frame.join([cut_source(source, n_cue, left, card.keeps)])["input_ids"]
        read, labels = before + answer, [IGNORED] * len(before) + answer
        if writes_apart:
            read, labels = before, answer
        items.append({"input_ids": torch.tensor(read), "labels": torch.tensor(labels)})
    return items


def _longest_answer(room: int, n_cue: int, n_framing: int) -> int:
    """Count the tokens that are left when the cue and one token of the source are read."""
    return room - n_cue - n_framing - 1


def _lacks_room(start: Start, pairs: TextPairs) -> Iterator[Problem]:
    """Find out whether the longest target fits, with a token of its source before it."""
    from pipeline.models.travelling.architecture import context_length
    from pipeline.models.travelling.framing import frame_of, token_ids
    from pipeline.models.travelling.text_networks import load_tokenizer
    from pipeline.tuning.loading import text_config

    context, card = context_length(text_config(start.base_folder)), start.card
    if context is None:
        return
    tokenizer = load_tokenizer(start.base_folder)
    n_cue = len(token_ids(tokenizer, [card.cue])[0])
    most = _longest_answer(context - card.prompt_length, n_cue, frame_of(tokenizer, 1).size)
    # a token is a byte at least, so that few targets have to be counted
    large = [f" {target}" for target in pairs.targets if len(target.encode()) >= most]
    answers = [len(ids) + 1 for ids in token_ids(tokenizer, large)] if large else [0]
    if max(answers) > most > 0:  # where no answer fits at all, the method says so
        yield _too_long(card.task, max(answers), most)


def _whole_lengths(model: TextModel, pairs: TextPairs, performs: bool) -> list[int]:
    """Count the positions of whole sources and cues, and of what a decoder writes behind them."""
    from pipeline.models.travelling.framing import frame_of, token_ids

    tokenizer, card = model.tokenizer, model.card
    sources = token_ids(tokenizer, [f"{source}{card.cue}" for source in pairs.sources])
    answers = [card.max_target_tokens] * len(sources)
    if model.kind == "encoder-decoder":
        answers = [0] * len(sources)
    elif not performs:
        answers = [len(ids) + 1 for ids in token_ids(tokenizer, [f" {t}" for t in pairs.targets])]
    n_special = frame_of(tokenizer, 1).size
    return [len(ids) + n_special + n for ids, n in zip(sources, answers, strict=True)]


def _too_long(task: str, answer: int, most: int) -> Problem:
    return Problem(
        f"task {task}: target",
        f"at most {most} tokens, so that some of the source fits before it",
        f"a target of {answer} tokens",
        "Shorten the targets or the prompt, or choose a base with a longer context.",
    )


def _loss(network: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy over the tokens of targets and their ends."""
    from pipeline.models.travelling.writing import read_before
    from pipeline.tuning.forms.word_losses import causal_loss, writes_one_token_after_another

    if writes_one_token_after_another(network):
        return causal_loss(network, batch)
    read = read_before(network, batch["labels"])
    loss: torch.Tensor = network(**batch, decoder_input_ids=read).loss
    return loss


def text_scores(
    answers: Sequence[str],
    references: Sequence[Sequence[str]],
    score_names: Sequence[str],
    scorer: Scorer,
) -> TaskScores:
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
    makers: dict[tuple[str, ...], Callable[[], TaskScores]] = {
        NAMES: lambda: {
            name: mean_score(values)
            for name, values in bertscore(answers, references, scorer).items()
        },
        ("rouge_l",): lambda: {"rouge_l": rouge_l(answers, references)},
        ("bleu",): lambda: {"bleu": bleu(answers, references)},
        ("chrf",): lambda: {"chrf": chrf(answers, references)},
        ("exact_match", "f1"): lambda: answer_scores(answers, references),
    }
    by_name: TaskScores = {}
    for names, make in makers.items():
        if set(names) & set(score_names):
            by_name |= make()
    return by_name


def _scores(answers: Sequence[str], examples: TextPairs, scoring: Scoring) -> TaskScores:
    return text_scores(answers, examples.references, scoring.names, scoring.scorer)


GENERATION = Form(
    name="generation",
    modality="text",
    examples=TextPairs,
    items=_items,
    own_loss=_loss,
    questions=lambda examples: examples.sources,
    scores=_scores,
    whole_lengths=_whole_lengths,
    lacks_room=_lacks_room,
    special_tokens=lambda _: ("eos_token",),
    references=lambda examples: [text for several in examples.references for text in several],
    own_head=True,
    writing=GREEDY,
)
