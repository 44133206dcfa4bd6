"""A form of task: what is trained on, by which loss, what is asked, and how answers are scored.

A form is read when settings are checked, before torch is: whatever computes is imported within the
functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from pipeline.data.forms.examples import Examples
from pipeline.tuning.scores.bertscore import Scorer
from pipeline.tuning.scores.task_score import TaskScore
from pipeline.words import Modality

if TYPE_CHECKING:
    import torch

    from pipeline.errors import Problem
    from pipeline.models.travelling.architecture import Kind
    from pipeline.tuning.forms.items import Item
    from pipeline.tuning.start import Start

Own = TypeVar("Own", bound=Examples)
TaskScores = dict[str, TaskScore]
#: ``loss(network, batch)``: a scalar.
Loss = Callable[[Any, "Mapping[str, torch.Tensor]"], "torch.Tensor"]
IGNORED = -100  # the label that torch's and transformers' losses leave out


class Scoring(NamedTuple):
    """What is scored: the names of the scores, those of the classes, and BERTScore's model."""

    names: Sequence[str]
    classes: Sequence[str]
    scorer: Scorer


def _no_references(_: Any) -> list[str]:
    return []


def _asks_nothing(examples: Any) -> list[str]:
    del examples
    return []


def _scores_nothing(answers: Sequence[str], examples: Any, scoring: Scoring) -> TaskScores:
    del answers, examples, scoring
    return {}


def _cuts_nothing(model: Any, examples: Any, performs: bool) -> list[int]:
    del model, examples, performs
    return []


def _needs_none(kind: Kind) -> tuple[str, ...]:
    del kind
    return ()


def masks_unless_written(kind: Kind) -> tuple[str, ...]:
    """Name the token by which a base is asked for a word: decoders write it, others fill a mask."""
    return () if kind == "decoder" else ("mask_token",)


def _lacks_none(start: Start, examples: Any = None) -> tuple[Problem, ...]:
    del start, examples
    return ()


@dataclass(frozen=True)
class Form(Generic[Own]):
    """An entry of FORMS.

    Parameters
    ----------
    name : str
        As on a card, and for texts in the travelling FORMS.
    modality : 'text' or 'image'
    examples : type
        The class of its examples.
    items : callable
        ``items(model, examples)``: what the network is trained on, encoded; ``labels`` holds what
        is supervised.
    questions : callable
        ``questions(examples)``: what a model's ``perform`` is given, one for each example; nothing
        of a form that does no task.
    scores : callable
        ``scores(answers, examples, Scoring)``: at least the scores that are named; none likewise.
    own_objective : callable, optional
        ``own_objective(model, training, validation) -> loss``, where the loss has parameters of its
        own, which are trained beside the network and thrown away.
    whole_batches : bool
        Whether the loss of a batch is not the mean of those of its parts.
    own_loss : callable, optional
        ``own_loss(network, batch) -> Tensor``, where it is not the mean cross-entropy of each label
        by its own logits.
    whole_lengths : callable
        ``whole_lengths(model, examples, performs)``, of a form that cuts long texts: positions
        that each would take whole, with its target or, where a model performs, its longest answer.
    lacks : callable
        ``lacks(start)`` yields what a base lacks for such a task, whatever the method.
    lacks_room : callable
        ``lacks_room(start, examples)`` yields examples that cannot be trained on, as they do not
        fit into the context of a base, however their texts are cut.
    special_tokens : callable
        ``special_tokens(kind)``: those that the tokenizer of a base of a kind must name, by the
        names of transformers.
    references : callable
        ``references(examples)``: right answers that BERTScore's model has to know.
    constant : callable, optional
        ``constant(examples, classes)``: the one answer that is right most often, where the answers
        are classes.
    own_head : bool
        Whether the base answers with the head that it was pretrained with; all others put a new
        head on top.
    writing : str
        How an answer is written, where the base writes it.
    starts_at_means : bool
        Whether a new head is given the means of its classes before anything is trained.
    peft_type : str
        PEFT's name for networks with such a head.
    """

    name: str
    modality: Modality
    examples: type[Own]
    items: Callable[[Any, Own], list[Item]]
    questions: Callable[[Own], Any] = _asks_nothing
    scores: Callable[[Sequence[str], Own, Scoring], TaskScores] = _scores_nothing
    own_objective: Callable[[Any, Own, Own], Loss] | None = None
    whole_batches: bool = False
    own_loss: Callable[[Any, Mapping[str, torch.Tensor]], torch.Tensor] | None = None
    whole_lengths: Callable[[Any, Own, bool], list[int]] = _cuts_nothing
    lacks: Callable[[Start], Iterable[Problem]] = _lacks_none
    lacks_room: Callable[[Start, Own], Iterable[Problem]] = _lacks_none
    special_tokens: Callable[[Kind], tuple[str, ...]] = _needs_none
    references: Callable[[Own], list[str]] = _no_references
    constant: Callable[[Own, Sequence[str]], str] | None = None
    own_head: bool = False
    writing: str = ""
    starts_at_means: bool = False
    peft_type: str = ""

    def objective(self, model: Any, training: Own, validation: Own) -> Loss:
        """Give the loss that a model is trained by on examples: its own, or that of the form."""
        if self.own_objective is None:
            return self.loss
        return self.own_objective(model, training, validation)

    def logits(self, network: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Compute what a network says of each text, token or picture of a batch."""
        if self.modality == "image":
            return network(batch["images"])  # type: ignore[no-any-return]
        from pipeline.models.travelling.forms import FORMS

        return FORMS[self.name].logits(network, batch)

    def loss(self, network: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Mean loss over all labels of a batch that are not IGNORED: a scalar."""
        if self.own_loss is not None:
            return self.own_loss(network, batch)
        from torch.nn.functional import cross_entropy

        logits, labels = self.logits(network, batch), batch["labels"]
        return cross_entropy(logits.flatten(0, -2), labels.flatten(), ignore_index=IGNORED)
