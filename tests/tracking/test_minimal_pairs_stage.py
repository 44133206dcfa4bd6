"""A version is scored on minimal pairs once; one whose head names no words is left out."""

import mlflow
import pytest

from pipeline.data.minimal_pairs import Phenomenon
from pipeline.tracking.stages.minimal_pairs import read_accuracies, run_minimal_pairs

PAIRS = [
    Phenomenon("order", ("the baker kneads the dough .",), ("the kneads baker the dough .",)),
    Phenomenon("same", ("the baker kneads the dough .",), ("the baker kneads the dough .",)),
]


def test_accuracies_are_logged_with_the_version_and_looked_up(prompt):
    run_id = run_minimal_pairs(prompt, PAIRS)
    table = read_accuracies(run_id).set_index("phenomenon")
    assert table.accuracy["same"] == 0.5
    metrics = mlflow.get_run(run_id).data.metrics
    assert metrics["minimal_pairs/order"] == table.accuracy["order"]
    assert metrics["minimal_pairs"] == pytest.approx(table.accuracy.mean())
    assert run_minimal_pairs(prompt, PAIRS) == run_id
    assert run_minimal_pairs(prompt, PAIRS[:1]) != run_id


def test_a_model_of_images_has_no_pairs(vpt):
    assert run_minimal_pairs(vpt, PAIRS) == ""
