"""The notebooks of examples/ run from their first cell to their last."""

import os

import nbformat
import pytest
from nbclient import NotebookClient

from pipeline.config import read_study
from pipeline.tracking.catalogue import catalogue
from pipeline.tracking.stages.study import run_study

STUDY = """
name: to explore
asks: Can it be explored?
grids:
  - bases: [tiny-vit]
    tasks: [digits]
    methods: [base, full, vpt-shallow]
    brains: [simulated-pictures]
    tune: {max_train: 64, max_eval: 20, max_steps: 4, eval_every: 2}
    align: {folds: 3, inner_folds: 2, trials: 3, pooling: class}
"""

pytestmark = pytest.mark.slow  # each starts a kernel and several commands


@pytest.fixture
def run(repository, store, monkeypatch):
    """Run a notebook in the folder of the tests' store, and give its cells."""
    monkeypatch.setenv("PYTHONPATH", os.fspath(repository))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{store}/mlflow.db")

    def execute(name):
        notebook = nbformat.read(repository / "examples" / f"{name}.ipynb", as_version=4)
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": store}}).execute()
        return [cell for cell in notebook.cells if cell.cell_type == "code"]

    return execute


def pictures(cell):
    return [o for o in cell.outputs if "image/png" in o.get("data", {})]


def test_a_study_is_explored_and_its_main_figure_drawn_in_under_twenty_lines(run, store, tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    run_study(read_study(path, catalogue()))
    cells = run("explore")
    assert pictures(cells[-1])
    assert pictures(cells[-2])
    assert all(cell.source.count("\n") < 19 for cell in cells)


def test_arrays_become_a_page(run, store):
    output = "".join(output.text for output in run("own_data")[-1].outputs)
    page = store / output.rsplit("report: ", 1)[1].strip()
    assert "arrays" in page.read_text(encoding="utf-8")
