"""Mutants of the modules that decide results: how many of them their tests notice.

cosmic-ray makes the mutants: a sign turned, a number changed, a condition left out. Some of each
module are drawn by chance, and each is tested in a fork of this process, which has the libraries
at hand, on a copy of the repository::

    python .ci/mutants.py [how many of each module]
"""

import ast
import importlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

REPOSITORY = Path(__file__).parents[1]
FOLDS = ("tests/alignment/test_folds.py",)
MODULES = {
    "pipeline/alignment/two_vs_two.py": ("tests/alignment/test_two_vs_two.py",),
    "pipeline/alignment/folds.py": FOLDS,
    "pipeline/alignment/kernel/ridge.py": ("tests/alignment/test_ridge.py",),
    "pipeline/tracking/fingerprints.py": (
        "tests/tracking/test_code_trail.py::"
        "test_a_fingerprint_depends_on_every_part_and_on_no_order",
    ),
}
IMPORTED = ("numpy", "pandas", "sklearn.linear_model", "sklearn.kernel_ridge", "torch", "mlflow")
SEED, LONGEST = 20261127, 90.0  # seconds of one mutant's tests


class Mutant(NamedTuple):
    """A module with one change: where it is, and the whole text."""

    line: int
    text: str


def mutants_of(text: str) -> Iterator[Mutant]:
    """Make every mutant of a module, but for those of annotations, which nothing runs."""
    annotated = list(_annotations(text))
    for name in operator_names():
        if "variable" in name.lower():  # these want a name of a variable
            continue
        operator = get_operator(name)()
        nodes = list(ast_nodes(get_ast(text)))
        places = [place for node in nodes for place in operator.mutation_positions(node)]
        for number, (start, _) in enumerate(places):
            if any(first <= start < last for first, last in annotated):
                continue
            changed = mutate_code(text, get_operator(name)(), number)
            if changed not in (None, text):
                yield Mutant(start[0], changed)


def _annotations(text: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    for node in ast.walk(ast.parse(text)):
        for kind in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if kind is not None:
                yield (kind.lineno, kind.col_offset), (kind.end_lineno, kind.end_col_offset)


def tests_pass(tests: Sequence[str]) -> bool:
    """Run tests in a fork; those that take too long fail."""
    child = os.fork()
    if child == 0:
        _run_tests(tests)
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _run_tests(tests: Sequence[str]) -> None:
    import pytest

    os.setsid()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.dont_write_bytecode = True
    sys.path[:0] = [str(Path.cwd()), str(Path("tests").resolve())]
    room = Path(tests[0].partition("::")[0]).parent
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"--confcutdir={room}"]
    os._exit(int(pytest.main([*options, *tests])))


def survivors(module: str, tests: Sequence[str], most: int) -> tuple[list[str], int]:
    """Test mutants of a module; the changes that no test notices, and how many were tried."""
    path = Path(module)
    text = path.read_text(encoding="utf-8")
    if not tests_pass(tests):
        sys.exit(f"{module}: its tests fail without any change")
    mutants = list(mutants_of(text))
    drawn = random.Random(SEED).sample(mutants, min(most, len(mutants)))  # noqa: S311 (no secret)
    unnoticed = []
    for mutant in drawn:
        path.write_text(mutant.text, encoding="utf-8")
        if tests_pass(tests):
            before, after = (t.splitlines()[mutant.line - 1].strip() for t in (text, mutant.text))
            unnoticed.append(f"  {module}:{mutant.line}: {before}  ->  {after}")
    path.write_text(text, encoding="utf-8")
    return unnoticed, len(drawn)


def main() -> None:
    """Say for each module how many mutants its tests have noticed, and which they have not."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    for name in IMPORTED:
        importlib.import_module(name)
    noticed = tried = 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        copy = Path(name) / "copy"
        shutil.copytree(REPOSITORY, copy, ignore=shutil.ignore_patterns(".*", "mlruns", "site"))
        os.chdir(copy)
        for module, tests in MODULES.items():
            unnoticed, number = survivors(module, tests, most)
            noticed, tried = noticed + number - len(unnoticed), tried + number
            said = [f"{module}: {number - len(unnoticed)} of {number} noticed", *unnoticed]
            print("\n".join(said), flush=True)
    print(f"together: {noticed} of {tried} noticed ({noticed / tried:.1%})")


if __name__ == "__main__":
    main()
