"""A stage is another one when code that decides its result has changed, and only then."""

import ast
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

import pipeline
from pipeline.tracking.code_trail import digest_from, trail
from pipeline.tracking.module_sources import Package
from pipeline.tracking.stages.align.assembled import run_assembled
from pipeline.tracking.stages.align.reference import run_reference
from pipeline.tracking.stages.align.stage import run_align
from pipeline.tracking.stages.extract import extract_features
from pipeline.tracking.stages.foreign import foreign_features
from pipeline.tracking.stages.minimal_pairs import run_minimal_pairs
from pipeline.tracking.stages.prepare import run_prepare
from pipeline.tracking.stages.regimes.stage import run_fold
from pipeline.tracking.stages.report.stage import run_report
from pipeline.tracking.stages.tune.interpolate import run_interpolate
from pipeline.tracking.stages.tune.stage import run_tune
from pipeline.tracking.stages.tune.untuned import untuned_statistics

STAGES = {
    function.__name__: (function.__module__, function.__name__)
    for function in (
        *(run_tune, run_interpolate, extract_features, foreign_features),
        *(run_align, run_reference, run_report, run_prepare, untuned_statistics),
        *(run_minimal_pairs, run_fold, run_assembled),
    )
}
EDITED = {
    "alignment/ceilings/repeats.py": "run_reference run_prepare",
    "alignment/contrasts/estimate.py": "run_report",
    "alignment/contrasts/pair_sums.py": "run_align run_reference run_assembled",
    "alignment/kernel/ridge.py": "run_align run_reference",
    "alignment/permutations/null_vectors.py": "run_align run_reference run_assembled",
    "alignment/power/estimate.py": "",
    "alignment/two_vs_two.py": "run_align run_reference run_prepare",
    "brains/near_identical.py": "run_align run_reference run_assembled",
    "brains/pereira/recordings.py": "",  # what it reads has a digest
    "config/align.py": "",  # settings count by value
    "data/vision.py": "",
    "errors.py": "",
    "extraction/foreign.py": "foreign_features",
    "extraction/spool.py": "extract_features foreign_features",
    "extraction/store.py": "extract_features foreign_features run_align run_report",
    "reporting/figures/brain.py": "",  # drawn by prepare, and no result
    "reporting/figures/style.py": "run_report",
    "reporting/sections/layers.py": "run_report",
    "tracking/runs.py": "",
    "tracking/score_files.py": "run_align run_reference run_report run_assembled",
    "tracking/seals.py": "",
    "tracking/stages/align/reference.py": "run_align run_reference run_report run_assembled",
    "tracking/stages/prepare.py": "run_prepare",
    "tracking/stages/report/settings.py": "run_report",
    "tracking/stages/tune/interpolate.py": "run_interpolate",
    "tracking/stages/tune/records.py": "run_tune run_interpolate run_fold",
    "tracking/stages/tune/untuned.py": "run_tune run_interpolate untuned_statistics",
    "tuning/forms/readout.py": "run_tune run_interpolate run_report untuned_statistics run_fold",
    "tuning/regimes.py": "run_fold",
    "tuning/scores/overlap.py": "run_tune run_interpolate run_report untuned_statistics run_fold",
    "tuning/training/loop.py": "run_tune run_interpolate untuned_statistics run_fold",
}
#: Of the rooms that compute: what no stage uses, or uses to make inputs that have a digest.
OFF_TRAIL = {
    "alignment/ceilings/voxels.py",  # chooses voxels, whose responses are digested
    *(f"alignment/power/{name}.py" for name in ("design", "estimate", "pilot")),
    "models/bases.py",
    *(
        f"models/pretraining/{name}.py"
        for name in (
            *("image_mixture", "letters", "loop", "small_gpt2", "text_mixture"),
            *("tiny_bert", "tiny_gpt2", "tiny_vit"),
        )
    ),
    *(
        f"tracking/stages/forecast/{name}.py"  # says what a study will take, and keeps nothing
        for name in ("constants", "facts", "inputs", "planning", "stage")
    ),
    *(
        f"tracking/stages/{name}.py"
        for name in ("cell", "cell_workers", "own_workers", "study", "tune/paths")
    ),
}


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """Copy the package's sources, and digest every stage of the copy."""
    root = tmp_path_factory.mktemp("copy")
    ignored = shutil.ignore_patterns("__pycache__", "pretrained", "*.safetensors")
    shutil.copytree(Path(pipeline.__file__).parent, root / "pipeline", ignore=ignored)
    return root, digests_of(root)


def digests_of(root):
    package = Package(root)
    return {name: digest_from(package, stage) for name, stage in STAGES.items()}


@contextmanager
def changed(path, text):
    before = path.read_text()
    assert text != before
    path.write_text(text)
    yield
    path.write_text(before)


def with_edited_functions(text):
    """Add a statement to every function of a source."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.body.append(ast.parse("edited = 1").body[0])
    return ast.unparse(ast.fix_missing_locations(tree))


@pytest.mark.parametrize(("name", "stages"), EDITED.items())
def test_an_edit_changes_the_stages_whose_results_it_can_change(copied, name, stages):
    root, before = copied
    path = root / "pipeline" / name
    with changed(path, with_edited_functions(path.read_text())):
        after = digests_of(root)
    assert {stage for stage in STAGES if after[stage] != before[stage]} == set(stages.split())


@pytest.mark.slow  # 0.1 s for each file of the package
def test_an_edit_of_any_file_changes_a_stage_if_and_only_if_it_is_on_its_trail(copied):
    root, before = copied
    package = Package(root)
    on_trail = {name: {module for module, _ in trail(package, at)} for name, at in STAGES.items()}
    for path in sorted((root / "pipeline").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        with changed(path, path.read_text() + "\nif True:\n    edited = 1\n"):
            after = digests_of(root)
        for stage in STAGES:
            assert (after[stage] != before[stage]) is (module in on_trail[stage]), (module, stage)


def test_every_file_below_the_stages_is_on_the_trail_of_one_or_known_not_to_be(copied):
    root, _ = copied
    modules = {module for stage in STAGES.values() for module, _ in trail(Package(root), stage)}
    rooms = ("alignment", "features", "tuning", "models", "tracking/stages")
    off_trail = {
        str(path.relative_to(root / "pipeline"))
        for room in rooms
        for path in (root / "pipeline" / room).rglob("*.py")
        if path.name != "__init__.py"
        and path.parent.name != "forecast"  # it keeps nothing
        and ".".join(path.relative_to(root).with_suffix("").parts) not in modules
    }
    assert off_trail <= OFF_TRAIL


def test_words_for_people_change_nothing(copied):
    root, before = copied
    path = root / "pipeline/alignment/folds.py"
    source = path.read_text()
    spoken = source.replace("Problem(\n", 'Problem("another", *(),\n')
    assert spoken != source
    with changed(path, '"""Other words."""\n# a comment\n' + spoken.split('"""', 2)[2]):
        assert digests_of(root) == before


@pytest.mark.parametrize("name", ["page.html.j2", "style.css.j2"])
def test_the_templates_of_a_page_count(copied, name):
    root, before = copied
    template = root / "pipeline/reporting/templates" / name
    with changed(template, template.read_text() + "\n"):
        after = digests_of(root)
    assert {stage for stage in STAGES if after[stage] != before[stage]} == {"run_report"}
