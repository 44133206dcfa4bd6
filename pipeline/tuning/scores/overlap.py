"""Scores of written texts by what they share with references: ROUGE-L, BLEU, chrF."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.tuning.scores.task_score import Sums, TaskScore, mean_score

References = Sequence[Sequence[str]]


def rouge_l(answers: Sequence[str], references: References) -> TaskScore:
    """ROUGE-L, F-measure (Lin 2004), by Google's rouge-score, words stemmed.

    Parameters
    ----------
    answers : sequence of str
    references : sequence of sequence of str
        At least one for each answer; the best counts. The library sees Latin letters and digits
        only: the score is for English.
    """
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"], use_stemmer=True)
    return mean_score(
        np.array(
            [
                scorer.score_multi(list(several), answer)["rougeL"].fmeasure
                for answer, several in zip(answers, references, strict=True)
            ]
        )
    )


def bleu(answers: Sequence[str], references: References) -> TaskScore:
    """Corpus BLEU (Papineni et al. 2002) by sacrebleu (13a, exp smoothing), from 0 to 1."""
    from sacrebleu.metrics.bleu import BLEU

    return _of_corpus(BLEU(force=True), answers, references)


def chrf(answers: Sequence[str], references: References) -> TaskScore:
    """Corpus chrF2 (Popović 2015) by sacrebleu, from 0 to 1."""
    from sacrebleu.metrics.chrf import CHRF

    return _of_corpus(CHRF(), answers, references)


def _of_corpus(metric: Any, answers: Sequence[str], references: References) -> TaskScore:
    """Keep each sentence's statistics, which sacrebleu adds up and makes one score of.

    Both steps are those of its own bootstrap (sacrebleu.significance). Streams of references are
    filled up with None where an answer has fewer than others.
    """
    longest = max(len(several) for several in references)
    streams = [[r[n] if n < len(r) else None for r in references] for n in range(longest)]
    statistics = metric._extract_corpus_statistics(list(answers), streams)

    def formula(sums: Sums) -> float:
        # a float's 100 for a perfect text can be 100.00000000000004
        return min(1.0, float(metric._compute_score_from_stats(sums.tolist()).score) / 100)

    return TaskScore(np.array(statistics, dtype=np.float64), formula)
