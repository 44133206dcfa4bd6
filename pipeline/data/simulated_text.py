"""Three text tasks over the simulated language; they need no files and no network."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from pipeline.config import TaskConfig
from pipeline.data.forms.generation import TextPairs
from pipeline.data.task import Task, TaskData, beyond_simulation
from pipeline.errors import ConfigError, refuse
from pipeline.worlds.language import Passage, ask, sample_passages, summarise, translate

CUE = " =>"
_SCORES = ("bertscore_f1", "bertscore_precision", "bertscore_recall", "exact_match")
TextAndAnswer = tuple[str, str]


def _summary(passage: Passage, _: np.random.Generator) -> TextAndAnswer:
    return passage.text, summarise(passage)


def _answer(passage: Passage, rng: np.random.Generator) -> TextAndAnswer:
    question, answer = ask(passage, rng)
    return f"{passage.text} {question}", answer


def _translation(passage: Passage, rng: np.random.Generator) -> TextAndAnswer:
    sentence = passage.sentences[rng.integers(len(passage.sentences))].text
    return sentence, translate(sentence)


def split_passages(config: TaskConfig) -> dict[str, tuple[Passage, ...]]:
    """Draw the passages of the three splits; no sentence of one occurs in another.

    Parameters
    ----------
    config : TaskConfig
        The test and validation passages do not depend on ``max_train``.

    Returns
    -------
    dict of str to tuple of Passage
        Keys ``train``, ``validation`` and ``test``.

    Raises
    ------
    ConfigError
        If more examples are asked for than are ever simulated.
    """
    n_eval, n_train = config.max_eval, config.shots or config.max_train
    refuse(beyond_simulation(config), ConfigError)
    # Even seeds: the small language models were pretrained on passages from odd ones.
    pool = _pool(2 * n_eval + n_train, 2 * config.seed)
    return {
        "test": pool[:n_eval],
        "validation": pool[n_eval : 2 * n_eval],
        "train": pool[2 * n_eval :],
    }


@lru_cache(maxsize=1)  # the tasks and methods of a study draw the same
def _pool(n: int, seed: int) -> tuple[Passage, ...]:
    return sample_passages(n, seed)


def _loader(
    write: Callable[[Passage, np.random.Generator], TextAndAnswer],
) -> Callable[[TaskConfig], TaskData]:
    def load(config: TaskConfig) -> TaskData:
        splits = {}
        for name, passages in split_passages(config).items():
            rng = np.random.default_rng([config.seed, len(name)])
            pairs = [write(passage, rng) for passage in passages]
            splits[name] = TextPairs(
                sources=tuple(source for source, _ in pairs),
                targets=tuple(target for _, target in pairs),
            )
        return TaskData(
            splits["train"],
            splits["validation"],
            splits["test"],
            source=f"simulated language, seed {config.seed}",
        )

    return load


SIMULATED_TEXT_TASKS: tuple[Task, ...] = (
    Task(
        name="summarization",
        modality="text",
        summary="simulated passages of four sentences -> who does what where, in one sentence",
        load=_loader(_summary),
        form="generation",
        check=beyond_simulation,
        scores=_SCORES,
        cue=CUE,
        max_target_tokens=24,
    ),
    Task(
        name="question-answering",
        modality="text",
        summary="a simulated passage and a question about it -> the answer in two words",
        load=_loader(_answer),
        form="generation",
        check=beyond_simulation,
        scores=_SCORES,
        cue=CUE,
        keeps="end",  # the question stands there
        max_target_tokens=8,
    ),
    Task(
        name="translation",
        modality="text",
        summary="a simulated sentence -> the same in a second, made-up language",
        load=_loader(_translation),
        form="generation",
        check=beyond_simulation,
        scores=_SCORES,
        cue=CUE,
        max_target_tokens=28,
    ),
)
