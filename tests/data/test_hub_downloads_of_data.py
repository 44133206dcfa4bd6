"""Data sets come from the hub by its own library, over HTTP, and afterwards from the cache."""

import json
import subprocess
import sys

import pytest
from corpus_files import hub_rows
from datasets import Dataset
from hub_server import Repository, on_its_own, served

pytestmark = pytest.mark.slow  # the library takes seconds to start, and is started twice

SCRIPT = """
import json, sys
from pipeline.data import TASKS
from few_examples import few_examples
from pipeline.errors import PipelineError

found = {}
for name in sys.argv[1:]:
    try:
        data = TASKS[name].load(few_examples(max_train=8, max_eval=4, seed=0))
        found[name] = [data.digest, data.source, repr(data.train)]
    except PipelineError as error:
        found[name] = str(error)
print(json.dumps(found))
"""
# as the authors of GLUE describe its tables on the hub
CARD = """---
configs:
- config_name: mrpc
  data_files:
  - {split: train, path: mrpc/train-*}
  - {split: validation, path: mrpc/validation-*}
dataset_info:
- config_name: mrpc
  features:
  - {name: sentence1, dtype: string}
  - {name: sentence2, dtype: string}
  - name: label
    dtype: {class_label: {names: {'0': not_equivalent, '1': equivalent}}}
---
"""


@pytest.fixture(scope="module")
def downloads(tmp_path_factory):
    """Ask a hub for tasks, and again when it is gone: what came of each, and all requests."""
    place = tmp_path_factory.mktemp("hub")
    names = ["not_equivalent", "equivalent"]
    rows = [{**row, "label": names.index(row["label"])} for row in hub_rows("mrpc")]
    for split in ("train", "validation"):
        parquet = place / "glue" / "mrpc" / f"{split}-00000-of-00001.parquet"
        parquet.parent.mkdir(parents=True, exist_ok=True)
        Dataset.from_list(rows).to_parquet(parquet)
    (place / "glue" / "README.md").write_text(CARD)
    for split in ("train", "validation", "test"):
        parquet = place / "xsum" / f"default/{split}/0000.parquet"
        parquet.parent.mkdir(parents=True)
        Dataset.from_list(hub_rows("xsum")).to_parquet(parquet)
    converted = ("refs/convert/parquet",)
    repositories = {
        ("datasets", "nyu-mll/glue"): Repository(place / "glue"),
        ("datasets", "EdinburghNLP/xsum"): Repository(place / "xsum", converted),
    }

    def ask():
        command = [sys.executable, "-c", SCRIPT, "mrpc", "xsum", "rte", "squad"]
        done = subprocess.run(
            command, env=on_its_own(hub, place / "home"), capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    with served(repositories) as hub:
        first = ask()
    return {"first": first, "gone": ask(), "requests": list(hub.requests)}


def test_a_data_set_is_read_from_the_hubs_parquet_files(downloads):
    _, source, train = downloads["first"]["mrpc"]
    assert "first 3" in train
    assert source.startswith("hub nyu-mll/glue mrpc: train, validation")
    assert [r for r in downloads["requests"] if r.endswith("mrpc/train-00000-of-00001.parquet")]


def test_a_revision_of_converted_tables_is_asked_for_by_its_name(downloads):
    assert "refs/convert/parquet: train, validation, test" in downloads["first"]["xsum"][1]
    address = "GET /api/datasets/EdinburghNLP/xsum/revision/refs%2Fconvert%2Fparquet"
    assert address in downloads["requests"]


def test_the_cached_copy_serves_when_the_hub_is_gone(downloads):
    for name in ("mrpc", "xsum"):
        assert downloads["gone"][name] == downloads["first"][name]


@pytest.mark.parametrize(
    ("name", "first", "gone"),
    [
        ("rte", "BuilderConfig 'rte' not found", "out of reach (no answer from http://127"),
        ("squad", "a hub that knows no such repository", "no copy in the local cache"),
    ],
)
def test_what_the_hub_does_not_have_is_refused_with_the_reason(downloads, name, first, gone):
    assert first in downloads["first"][name]
    assert gone in downloads["gone"][name]
    assert "pass data_dir=<directory> with " in downloads["gone"][name]
