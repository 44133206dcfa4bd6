"""Which of a tune run's scores a report shows."""

import pytest

from pipeline.data import TASKS
from pipeline.tracking.stages.study_results import shown_metrics


@pytest.mark.parametrize("task", TASKS)
def test_the_score_that_decides_is_shown_first(task):
    logged = {f"task/{score}": 0.5 for score in TASKS[task].scores}
    assert shown_metrics(task, logged)[0] == TASKS[task].scores[0]


def test_only_scores_that_were_logged_are_shown():
    logged = {"task/mcc": 0.3, "task/accuracy": 0.7, "task/mcc_error": 0.1, "base/f1": 0.2}
    assert shown_metrics("cola", logged) == ["mcc", "accuracy"]
    assert shown_metrics("cola", {"task/accuracy": 0.7}) == ["accuracy"]
