"""The code of a stage, on a package of a few lines; and what a fingerprint sums up."""

import os

import pytest

from pipeline.alignment.two_vs_two import rank_accuracy, two_vs_two
from pipeline.tracking.cached_trails import cached_digest
from pipeline.tracking.code_trail import digest_from, trail, trail_digest
from pipeline.tracking.fingerprints import fingerprint
from pipeline.tracking.module_sources import Package

STAGE = ("pipeline.tracking.stages.sums", "run_sums")
FILES = {
    "tracking/stages/sums.py": '''
"""Sums."""
from pipeline.alignment import adding
from pipeline.brains.load import load
from pipeline.config import SumConfig
from pipeline.data import TASKS
from pipeline.errors import Problem
from pipeline.reporting.page import draw
from pipeline.tracking.keeping import keep
from pipeline.tracking.measures import measure
from pipeline.tracking.runs import once
from pipeline.tracking.stages.other import run_other
def run_sums(config: SumConfig):
    """Add up."""
    log.info("adding")
    load(TASKS, run_other())
    return once(lambda: keep(draw(measure(adding.add(1, 2)))))
def run_besides():
    return 3
''',
    "tracking/stages/other.py": """
from pipeline.tracking.runs import once
def run_other():
    return once(4)
""",
    "tracking/runs.py": "import mlflow\ndef once(work):\n    return mlflow.do(work)\n",
    "tracking/keeping.py": "from mlflow import log\ndef keep(it):\n    return log(it)\n",
    "tracking/measures.py": """
FACTOR = 2
FACTORS: dict = {FACTOR: 3}
register(1)
def measure(it):
    return it * FACTORS[FACTOR]
""",
    "tracking/fingerprints.py": "def digest(it):\n    return it\n",
    "alignment/__init__.py": "",
    "alignment/adding.py": """
from .deeper.carrying import carry as carried
from ..words import ZERO
def add(*them):
    return carried(them, ZERO)
def subtract(*them):
    return them
""",
    "alignment/deeper/__init__.py": "",
    "alignment/deeper/carrying.py": """
def carry(them, zero):
    import pipeline.words
    return pipeline.words and _inner(them)
def _inner(them):
    return carry(them, 0) if them else 0
""",
    "words.py": "ZERO = 0\n",
    "reporting/page.py": "def draw(it):\n    return open('page.html.j2')\n",
    "reporting/page.html.j2": "<p>",
    "reporting/parts/part.html.j2": "<b>",
    "tracking/stages/report/__init__.py": "",
    "tracking/stages/report/stage.py": """
from pipeline.reporting.page import draw
def run_report():
    return draw(1)
""",
    **{
        f"{module}.py": "class SumConfig: pass\nTASKS = Problem = load = 1\n"
        for module in ("config/__init__", "data/__init__", "errors", "brains/load")
    },
}


@pytest.fixture
def root(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / "pipeline" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_a_trail_follows_names_and_leaves_out_what_cannot_change_a_result(root):
    places = {
        f"{module.removeprefix('pipeline.')} {name}" for module, name in trail(Package(root), STAGE)
    }
    assert {place for place in places if not place.endswith(" ")} == {
        "tracking.stages.sums run_sums",
        "tracking.measures measure",
        "tracking.measures FACTORS",
        "tracking.measures FACTOR",
        "alignment.adding add",
        # a module that is used by its name counts whole
        "alignment.adding subtract",
        "alignment.deeper.carrying carry",
        "alignment.deeper.carrying _inner",
        "words ZERO",
    }


@pytest.mark.parametrize(
    ("name", "old", "new", "counts"),
    [
        ("tracking/stages/sums.py", "add(1, 2)", "add(1, 3)", True),
        ("tracking/stages/sums.py", "return 3", "return 4", False),
        ("tracking/stages/sums.py", '"""Add up."""', '"""Add."""', False),
        ("tracking/stages/sums.py", '"adding"', '"summing"', False),
        ("tracking/measures.py", "FACTOR = 2", "FACTOR = 5", True),
        ("tracking/measures.py", "register(1)", "register(2)", True),
        ("tracking/measures.py", "FACTOR: 3", "FACTOR: 4", True),
        ("tracking/runs.py", "do(work)", "do(work, 2)", False),
        ("tracking/stages/other.py", "once(4)", "once(5)", False),
        ("alignment/deeper/carrying.py", "else 0", "else 1", True),
        ("words.py", "ZERO = 0", "ZERO = 1", True),
        ("config/__init__.py", "= 1", "= 2", False),
        ("data/__init__.py", "= 1", "= 2", False),
        ("reporting/page.py", "open(", "close(", False),
    ],
)
def test_an_edit_counts_where_it_can_change_the_result(root, name, old, new, counts):
    before = digest_from(Package(root), STAGE)
    path = root / "pipeline" / name
    edited = path.read_text().replace(old, new)
    assert edited != path.read_text()
    path.write_text(edited)
    assert (digest_from(Package(root), STAGE) != before) == counts


def test_a_digest_is_cached_until_a_file_of_the_package_changes(root, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = []

    def digest(stage=STAGE):
        def make():
            made.append(stage)
            return digest_from(Package(root), stage)

        return cached_digest(root / "pipeline", stage, make)

    other = ("pipeline.tracking.stages.other", "run_other")
    before, further = digest(), digest(other)
    assert (digest(), digest(other), made) == (before, further, [STAGE, other])
    path = root / "pipeline/words.py"
    times = path.stat()
    path.write_text("ZERO = 1\n")  # of the same size, and with the same time of change
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert digest() != before
    assert made == [STAGE, other, STAGE]


@pytest.mark.parametrize("content", ["", "[1]", '{"state": 3}', '{"digests": [], "state": ""}'])
def test_a_cache_that_is_broken_or_cannot_be_written_is_no_obstacle(
    root, tmp_path, monkeypatch, content
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    package, expected = root / "pipeline", digest_from(Package(root), STAGE)

    def digest():
        return cached_digest(package, STAGE, lambda: digest_from(Package(root), STAGE))

    assert digest() == expected
    (cache,) = (tmp_path / "cache").rglob("*.json")
    cache.write_text(content)
    assert digest() == expected
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))  # a file, below which nothing can be written
    assert digest() == expected


def test_templates_count_for_the_report_wherever_they_lie_below_the_page(root):
    report = ("pipeline.tracking.stages.report.stage", "run_report")
    digests = [digest_from(Package(root), report)]
    for template in ("page.html.j2", "parts/part.html.j2"):
        (root / "pipeline/reporting" / template).write_text("<i>")
        digests.append(digest_from(Package(root), report))
    assert len(set(digests)) == 3


def test_a_fingerprint_depends_on_every_part_and_on_no_order():
    settings, inputs = {"alpha": 1, "folds": [2, 3]}, {"brain": "1", "model": "2"}

    def mark(stage="align", settings=settings, inputs=inputs, functions=(two_vs_two,)):
        return fingerprint(stage, settings, inputs, *functions)

    turned = [dict(reversed(part.items())) for part in (settings, inputs)]
    assert mark() == mark(settings=turned[0], inputs=turned[1])
    others = [
        mark(stage="extract"),
        mark(settings={**settings, "alpha": 2}),
        mark(settings={"alpha": 1}),
        mark(inputs={**inputs, "brain": "2"}),
        mark(functions=(rank_accuracy,)),
        mark(functions=(two_vs_two, rank_accuracy)),
        mark(functions=()),
    ]
    assert len({mark(), *others}) == 1 + len(others)
    assert trail_digest(two_vs_two) != trail_digest(rank_accuracy)
