"""BERTScore: how alike two texts are to a language model (Zhang et al. 2020)."""

from __future__ import annotations

import functools
import importlib.util
import re
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import BaseUnreachableError, Problem, TuningError, refuse
from pipeline.hub import hub_or_cache, said_by
from pipeline.models.bases import folder_of
from pipeline.tuning.hub_check import NO_SCORER, no_scorer, scorer_out_of_reach, too_few_layers

_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")  # of the hub
MOST_UNKNOWN = 0.05  # of the references' tokens; a model of their language knows practically all
NAMES = ("bertscore_precision", "bertscore_recall", "bertscore_f1")


@dataclass(frozen=True)
class Scorer:
    """The model behind BERTScore.

    Parameters
    ----------
    model : str
        ``tiny-bert`` (in the repository), a local directory, or a hub name; ``none``: texts are
        not scored by BERTScore.
    layers : int
        The layer whose states are compared.
    """

    model: str
    layers: int

    @property
    def name(self) -> str:
        """What a score belongs to: those of other models, layers or scales do not compare."""
        scale = ", rescaled" if self.baseline else ""
        return f"{self.model}, layer {self.layers}{scale}"

    @property
    def baseline(self) -> Path | None:
        """Score of unrelated texts by this model, a row a layer, where bert_score brings it.

        None for a model of several languages: its baselines differ and a task does not tell which.
        """
        files = (
            list(_baselines().glob(f"*/{self.model}.tsv")) if _NAME.fullmatch(self.model) else []
        )
        return files[0] if len(files) == 1 else None

    def choose(self, names: Sequence[str]) -> tuple[str, ...]:
        """Select the scores that can be computed: all, or those without BERTScore."""
        return tuple(name for name in names if self.model != NO_SCORER or name not in NAMES)

    @property
    def location(self) -> str:
        """Where transformers finds the model."""
        return str(folder_of(self.model) or self.model)

    def check(self, texts: Sequence[str]) -> None:
        """Load the model, so that what it lacks is known before anything expensive.

        Parameters
        ----------
        texts : sequence of str
            References that it will have to know.

        Raises
        ------
        BaseUnreachableError
            When the model is neither here nor on the hub.
        TuningError
            When it does not have so many layers, or does not know the texts: two tokens that it
            does not know are the same to it, so anything scores high.
        """
        refuse(self._unknown(_loaded(self)._tokenizer, texts), TuningError)

    def problems(self, texts: Sequence[str]) -> Iterator[Problem]:
        """Find what :meth:`check` would refuse, as far as its files here tell; no weights are read.

        Parameters
        ----------
        texts : sequence of str
            References that it will have to know.
        """
        from transformers import AutoTokenizer

        yield from too_few_layers(self.model, self.layers)
        try:
            tokenizer = AutoTokenizer.from_pretrained(self.location, local_files_only=True)
        except (OSError, ValueError) as error:
            if folder_of(self.model) is not None:  # of the hub, it may yet be fetched
                yield no_scorer(self.model, said_by(error))
            return
        yield from self._unknown(tokenizer, texts)

    def _unknown(self, tokenizer: Any, texts: Sequence[str]) -> Iterator[Problem]:
        """Find out whether a tokenizer does not know texts."""
        share = unknown_share(tokenizer, texts)
        if share > MOST_UNKNOWN:
            yield Problem(
                f"bertscore_model '{self.model}'",
                f"a model that knows at least {1 - MOST_UNKNOWN:.0%} of the references' tokens",
                f"{share:.0%} that it does not know",
                "Pass one for this language, such as bertscore_model=roberta-large with "
                "bertscore_layers=17, or bertscore_model=none to leave BERTScore out.",
            )


def _baselines() -> Path:
    """Find the folder of baselines: by language, then by model."""
    spec = importlib.util.find_spec("bert_score")  # importing it takes seconds
    return Path(str(spec and spec.origin)).parent / "rescale_baseline"


def unknown_share(tokenizer: Any, texts: Sequence[str]) -> float:
    """Compute which share of the tokens of texts a tokenizer does not know."""
    encoded = tokenizer(list(texts), add_special_tokens=False)["input_ids"]
    tokens = [token for text in encoded for token in text]
    if tokenizer.unk_token_id is None or not tokens:
        return 0.0
    return tokens.count(tokenizer.unk_token_id) / len(tokens)


def bertscore(
    answers: Sequence[str], references: Sequence[Sequence[str]], scorer: Scorer
) -> dict[str, NDArray[np.float64]]:
    """BERTScore of each answer; an empty answer scores 0 (the library raises on it).

    Parameters
    ----------
    answers : sequence of str
    references : sequence of sequence of str
        At least one for each answer; the best of each of the three counts.
    scorer : Scorer

    Returns
    -------
    dict of str to ndarray of float64, shape (n_answers,)
        ``bertscore_precision``, ``bertscore_recall``, ``bertscore_f1``, rescaled where bert_score
        brings a baseline: 0 is then the score of unrelated texts, and worse ones are below.

    Raises
    ------
    BaseUnreachableError
        When the scorer's model is neither here nor on the hub.
    """
    nonempty = [index for index, answer in enumerate(answers) if answer.strip()]
    values = {name: np.zeros(len(answers)) for name in NAMES}
    if not nonempty:
        return values
    model = _loaded(scorer)
    several = [[text for text in references[index] if text.strip()] for index in nonempty]
    computed = model.score([answers[index] for index in nonempty], several)
    for name, column in zip(NAMES, computed, strict=True):
        values[name][nonempty] = column.double().numpy()
    return values


def _loaded(scorer: Scorer) -> Any:
    refuse(scorer_out_of_reach(scorer.model), BaseUnreachableError)
    local = folder_of(scorer.model) is not None
    try:
        with nullcontext() if local else hub_or_cache():
            return _model(scorer)
    except OSError as error:
        raise BaseUnreachableError(no_scorer(scorer.model, said_by(error))) from error
    except AssertionError as error:  # bert_score's own refusal
        problem = Problem(
            "bertscore_layers",
            f"no more layers than '{scorer.model}' has",
            str(scorer.layers),
            "Lower bertscore_layers, or choose another bertscore_model.",
        )
        raise TuningError(problem) from error


@functools.lru_cache(maxsize=1)
def _model(scorer: Scorer) -> Any:
    """Load the model once: a tuning scores three times with the same."""
    from bert_score import BERTScorer

    baseline = scorer.baseline
    return BERTScorer(
        model_type=scorer.location,
        num_layers=scorer.layers,
        lang=baseline.relative_to(_baselines()).parts[0] if baseline else None,
        rescale_with_baseline=baseline is not None,
        baseline_path=str(baseline) if baseline else None,
    )
