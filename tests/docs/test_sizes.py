"""Files and functions are short enough to be read at once; a longer one holds a second idea."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("pipeline", "entrypoints", "benchmarks", "studies", "examples", "tests")
MOST_LINES, MOST_OF_A_FUNCTION = 300, 50
Function = ast.FunctionDef | ast.AsyncFunctionDef


def lengths(text: str) -> dict[str, int]:
    """Count the lines of every function, without its docstring and the classes inside it."""
    counts = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, Function):
            apart = [part for part in node.body if isinstance(part, ast.ClassDef)]
            if ast.get_docstring(node):
                apart.append(node.body[0])
            counts[node.name] = _lines(node) - sum(map(_lines, apart))
    return counts


def _lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("room", ROOMS)
def test_no_file_and_no_function_is_long(room):
    long = []
    for path in sorted((ROOT / room).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        long += [path.name] * (len(text.splitlines()) > MOST_LINES)
        long += [f"{path.name}: {f}" for f, n in lengths(text).items() if n > MOST_OF_A_FUNCTION]
    assert not long


def test_lines_of_docstrings_and_inner_classes_do_not_count():
    text = 'def f():\n    """Say.\n\n    More."""\n    class A:\n        x = 3\n    return A\n'
    assert lengths(text) == {"f": 2}
