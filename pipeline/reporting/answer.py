"""The answer to the question of a study: what differs, by how much, and why to doubt it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.reporting.alpha_borders import LARGE, percent
from pipeline.reporting.asked_contrasts import MODALITIES, asked_contrasts, between_models
from pipeline.reporting.ground import Ground
from pipeline.reporting.methods import FULL, contrast_in_words, in_words
from pipeline.reporting.regime_sentences import regime_sentences
from pipeline.reporting.results import StudyResults
from pipeline.reporting.table import interval, number
from pipeline.reporting.trainings import training_grounds
from pipeline.words import BETWEEN_MODELS

#: With fewer subjects than this, hardly anything is known of other subjects.
FEW_SUBJECTS = 8
LEVEL = 0.05
NOT_COMPUTED = "No differences were computed for these alignments, so there is no answer yet."
NOT_COMPARED = "No prompt tuning was run beside full fine-tuning, so the two cannot be compared."


@dataclass(frozen=True)
class Finding:
    """One line of the answer: a mean difference over the cells of a modality.

    Parameters
    ----------
    where, contrast : str
        Modality, with the brain dataset if there are several, and contrast in words.
    by_direction : mapping of str to str
        Direction -> difference with its interval of 95 %, where there is one.
    """

    where: str
    contrast: str
    by_direction: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What the first screen of a report says.

    Parameters
    ----------
    headline : str
    sentences : tuple of str
        One for each modality and prompt method; none where the headline says it all.
    findings : tuple of Finding
    without_interval : tuple of str
        Why findings lack one, each reason once.
    grounds : tuple of Ground
    """

    headline: str
    sentences: tuple[str, ...]
    findings: tuple[Finding, ...]
    without_interval: tuple[str, ...]
    grounds: tuple[Ground, ...]

    @property
    def directions(self) -> list[str]:
        """Directions of the findings, encoding first."""
        return sorted({d for f in self.findings for d in f.by_direction}, reverse=True)

    @property
    def lines(self) -> list[str]:
        """The answer as paragraphs of plain text, doubts last."""
        doubts = [ground.text for ground in self.grounds if ground.doubtful]
        return [self.headline, *self.sentences, *([" ".join(doubts)] if doubts else [])]


def answer_of(results: StudyResults) -> Answer:
    """Answer the question of a study.

    Returns
    -------
    Answer
        Encoding is the primary direction: in decoding every model has a target space of its own.
        Decoding decides only where nothing was encoded.
    """
    overall = asked_contrasts(results)
    main = _main(overall, results.prompts_only)
    sentences = [_sentence(row) for row in main.itertuples()]
    without = [
        f"{MODALITIES[m]}: {NOT_COMPARED[0].lower()}{NOT_COMPARED[1:]}"
        for m in dict.fromkeys(results.task_scores["modality"])
        if not main.empty and m not in set(main["modality"])
    ]
    return Answer(
        headline=_no_answer(results) if main.empty else _headline(results, main),
        sentences=(*sentences, *without, *regime_sentences(results)),
        findings=tuple(_findings(overall)),
        without_interval=() if overall.empty else tuple(filter(None, overall["reason"].unique())),
        grounds=tuple(_grounds(results, main)),
    )


def _main(overall: pd.DataFrame, prompts_only: frozenset[str]) -> pd.DataFrame:
    """Select prompts against full, else models as they are, in encoding where there is any."""
    if overall.empty:
        return overall
    prompted = overall["method_a"].isin(prompts_only) & (overall["method_b"] == FULL)
    return _encoded(overall[prompted if prompted.any() else between_models(overall)])


def _encoded(compared: pd.DataFrame) -> pd.DataFrame:
    """Select encoding, where there is any."""
    if compared.empty:
        return compared
    encoded = compared[compared["direction"] == "encoding"]
    return compared if encoded.empty else encoded


def _headline(results: StudyResults, main: pd.DataFrame) -> str:
    known = main[main["low"].notna()]
    if known.empty:
        reasons = "; ".join(dict.fromkeys(main["reason"]))
        return f"No interval can be given, so there is no answer yet: {reasons}."
    visible = [row for row in known.itertuples() if _sign(row)]
    if not visible:
        threshold = number(float(known["visible_from"].max()))
        differing, n_cells = _cells_that_differ(results, main)
        if differing:  # a mean over ROIs and tasks can hide differences of opposite sign
            return (
                f"No difference visible in the mean, where one above {threshold} would have been; "
                f"{differing} of {n_cells} cells differ."
            )
        return f"No difference visible; differences above {threshold} would have been."
    return " ".join(
        f"{row.where}: {in_words(row.method_a)} is "
        f"{_direction_word(row)} than {in_words(row.method_b)}."
        for row in visible
    )


def _no_answer(results: StudyResults) -> str:
    pairs = _encoded(results.overall[between_models(results.overall)])
    if not pairs.empty:
        differing = sum(_sign(row) != 0 for row in pairs.itertuples())
        return f"{differing} of {len(pairs)} differences between models are visible (95 %)."
    methods = set(results.brain_scores["method"])
    return NOT_COMPUTED if FULL in methods and methods & results.prompts_only else NOT_COMPARED


def _sentence(row: Any) -> str:
    names = f"{in_words(row.method_a)} and {in_words(row.method_b)}"
    size = number(row.difference, signed=True)
    if math.isnan(row.low):
        differ = f"{names} differ by {size} in {row.direction}"
        return f"{row.where}: {differ}, no interval: {row.reason}."
    surely = f"{size}, 95 % interval {interval(row.low, row.high)}"
    if _sign(row):
        return (
            f"{row.where}: in {row.direction} {in_words(row.method_a)} scores "
            f"{_direction_word(row)} than {in_words(row.method_b)} ({surely})."
        )
    return (
        f"{row.where}: in {row.direction} no difference between {names} is visible ({surely}); one "
        f"above {number(row.visible_from)} would have been."
    )


def _findings(overall: pd.DataFrame) -> Iterator[Finding]:
    if overall.empty:
        return
    for (where, a, b), rows in overall.groupby(["where", "method_a", "method_b"], sort=False):
        sizes = {row.direction: _size(row) for row in rows.itertuples()}
        yield Finding(where, contrast_in_words(a, b), sizes)


def _size(row: Any) -> str:
    size = number(row.difference, signed=True)
    if math.isnan(row.low):
        return f"{size} (no interval)"
    verdict = f", {_direction_word(row)}" if _sign(row) else ""
    return f"{size} ({interval(row.low, row.high)}){verdict}"


def _sign(row: Any) -> int:
    """Give the side of zero that the whole interval is on; 0 where it is on both."""
    return int(row.low > 0) - int(row.high < 0)


def _direction_word(row: Any) -> str:
    return "higher" if _sign(row) > 0 else "lower"


def _grounds(results: StudyResults, main: pd.DataFrame) -> Iterator[Ground]:
    yield from (_sizes(row) for row in main.drop_duplicates("where").itertuples())
    if not results.contrasts.empty and not main.empty:
        yield _corrected(results, main)
    yield _folds(set(results.brain_scores["split"]))
    yield from training_grounds(results.task_scores, results.tasks)
    at_border = results.brain_scores["alpha_at_border"].astype(bool).mean()
    if at_border >= LARGE:
        yield Ground(
            f"{percent(at_border)} of the chosen alphas lie on the border of those tried: a "
            "better one may lie outside.",
            doubtful=True,
        )
    simulated = results.brain_scores["simulated"].astype(bool)
    if simulated.any():
        some = "Subjects are" if simulated.all() else "Some subjects are"
        yield Ground(f"{some} simulated: that says nothing about brains.", doubtful=True)


def _sizes(row: Any) -> Ground:
    counts = [_counted(row.n_subjects, "subject"), _counted(row.n_groups, "stimulus group")]
    little = [_of_few(row.n_subjects)] if row.n_subjects < FEW_SUBJECTS else []
    if getattr(row, "family", "") == BETWEEN_MODELS:  # nothing was trained: there are no seeds
        little.append("the difference is between these very models, not between ways to train them")
    else:
        counts.append(_counted(row.n_seeds, "training seed"))
        little += ["nothing is known of other trainings"] if row.n_seeds == 1 else []
    text = f"{row.where}: {', '.join(counts)}{': ' * bool(little)}{'; '.join(little)}."
    return Ground(text, bool(little))


def _of_few(n_subjects: int) -> str:
    if n_subjects == 1:
        return "the interval is over new stimuli alone and says nothing of other subjects"
    return "few subjects"


def _corrected(results: StudyResults, main: pd.DataFrame) -> Ground:
    differing, n_cells = _cells_that_differ(results, main)
    direction = main["direction"].iloc[0]
    return Ground(
        f"{differing} of {n_cells} cells differ after Holm's correction ({direction}).",
        doubtful=False,
    )


def _cells_that_differ(results: StudyResults, main: pd.DataFrame) -> tuple[int, int]:
    """Count the cells of the main contrasts: those that differ after Holm's correction, and all."""
    if results.contrasts.empty:
        return 0, 0
    pairs = main[["method_a", "method_b"]].drop_duplicates()
    of_direction = results.contrasts[results.contrasts["direction"] == main["direction"].iloc[0]]
    cells = of_direction.merge(pairs, on=["method_a", "method_b"])
    return int((cells["p_holm"] <= LEVEL).sum()), len(cells)


def _folds(splits: set[str]) -> Ground:
    if splits == {"shuffled"}:
        return Ground(
            "Folds split stimulus groups, so all accuracies may be too high.", doubtful=True
        )
    return Ground("No stimulus group is in training and test at once.", doubtful=False)


def _counted(count: float, thing: str) -> str:
    return f"{int(count)} {thing}{'' if count == 1 else 's'}"
