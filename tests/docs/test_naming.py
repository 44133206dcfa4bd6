"""Names of modules and variables say what a thing is or does."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("pipeline", "entrypoints", "benchmarks", "studies", "examples", "tests")
QUESTIONS = {"What", "Which", "Who", "How", "Whether", "Where", "When", "Why"}
#: Participles that say of a value that something was done to it, and not what it is.
PARTICIPLES = {"found", "told", "asked", "given", "kept", "tried", "written", "held", "wanted"}
PARTICIPLES |= {"said", "shown", "taken"}
#: The second half of every message of ours: expected …; found ….
ALLOWED = {("pipeline/errors.py", "found")}


@cache
def trees(room: str) -> list[tuple[str, ast.Module]]:
    return [
        (path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted((ROOT / room).rglob("*.py"))
    ]


def names_given(tree: ast.Module) -> set[str]:
    """Names of variables, parameters, functions, classes and imported things."""
    nodes = list(ast.walk(tree))
    names = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    names |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    names |= {n.name for n in nodes if isinstance(n, definitions)}
    return names | {n.asname for n in nodes if isinstance(n, ast.alias) and n.asname}


@pytest.mark.parametrize("room", ROOMS)
def test_the_first_line_of_a_module_names_it_and_asks_nothing(room):
    for path, tree in trees(room):
        text = ast.get_docstring(tree) or "."
        assert text.split()[0].strip(",:.") not in QUESTIONS, path


@pytest.mark.parametrize("room", ROOMS)
def test_no_variable_or_function_is_called_by_a_bare_participle(room):
    participles = {
        (path, name)
        for path, tree in trees(room)
        for name in names_given(tree)
        if name.strip("_").lower() in PARTICIPLES
    }
    assert participles <= ALLOWED


def test_a_bare_participle_is_seen_wherever_a_name_is_given():
    code = (
        "import os as told\ndef _kept(asked): held: int = 1\nfor tried in (): written = found()\n"
    )
    assert names_given(ast.parse(code)) == {"told", "_kept", "asked", "held", "tried", "written"}


def types_defined(tree: ast.Module) -> set[str]:
    """Names of a module's classes, and of what it gives a name as one: ``Pair = tuple[str, str]``.

    Variables of types (``Item = TypeVar("Item")``) stand for any type, and do not count.
    """
    classes = {n.name for n in tree.body if isinstance(n, ast.ClassDef)}
    targets = [
        target
        for n in tree.body
        if isinstance(n, ast.Assign) and not isinstance(n.value, ast.Call)
        for target in n.targets
        if isinstance(target, ast.Name)
    ]
    return classes | {t.id for t in targets if re.fullmatch("[A-Z][a-z]+([A-Z][a-z0-9]+)*", t.id)}


def test_no_name_of_a_type_has_two_meanings():
    homes: dict[str, list[str]] = {}
    for path, tree in trees("pipeline"):
        for name in types_defined(tree):
            homes.setdefault(name, []).append(path)
    twice = {name: paths for name, paths in homes.items() if len(paths) > 1}
    assert not twice


def test_a_type_is_seen_wherever_it_is_defined():
    code = "Item = TypeVar('Item')\nPair = tuple[str, str]\nA_B = 3\nclass Form: pass\n"
    assert types_defined(ast.parse(code)) == {"Pair", "Form"}
