"""Sources of the package's modules: definitions, imports, and the part of each that is no message.

They are parsed, not imported: reading what a stage uses costs no start of a library. What is parsed
loses its docstrings and words for people at once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PACKAGE = "pipeline"
#: Calls whose arguments are words for people.
MESSAGES = {"Problem", "warn", "debug", "info", "warning", "error"}

#: A module and the name of a definition in it.
Definition = tuple[str, str]


@dataclass(frozen=True)
class ModuleSource:
    """A module: its definitions, what its imported names stand for, and what else runs in it.

    Parameters
    ----------
    path : Path
    definitions : dict of str to node
        Functions, classes and variables of the module.
    imported : dict of str to set of Definition
        Name in the module -> where it comes from.
    loose : tuple of node
        Statements that define nothing: they run when the module is imported.
    """

    path: Path
    definitions: dict[str, ast.stmt]
    imported: dict[str, set[Definition]]
    loose: tuple[ast.stmt, ...]

    def statements(self, name: str) -> tuple[ast.stmt, ...]:
        """Give the statement that defines a name; those that define nothing for an empty one."""
        return (self.definitions[name],) if name else self.loose

    def imports(self, library: str) -> bool:
        """Say whether the module imports from a library."""
        origins = (origin for places in self.imported.values() for origin, _ in places)
        return any(origin.split(".")[0] == library for origin in origins)

    def templates(self) -> list[Path]:
        """List the templates below the module's folder: they include each other."""
        return sorted(self.path.parent.rglob("*.j2"))


class Package:
    """The package's modules below a folder, each read at most once.

    Parameters
    ----------
    root : Path
        The folder that holds ``pipeline``.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._sources: dict[str, ModuleSource | None] = {}

    def source(self, module: str) -> ModuleSource | None:
        """Parse a module; None: the package has none of this name."""
        if module not in self._sources:
            path = self._path(module)
            text = path.read_text(encoding="utf-8") if path else ""
            self._sources[module] = _parsed(path, module, text) if path else None
        return self._sources[module]

    def _path(self, module: str) -> Path | None:
        if module.split(".", maxsplit=1)[0] != PACKAGE:
            return None
        place = self._root.joinpath(*module.split("."))
        candidates = (place / "__init__.py", place.with_name(f"{place.name}.py"))
        return next((path for path in candidates if path.is_file()), None)


@cache
def _parsed(path: Path, module: str, text: str) -> ModuleSource:
    tree = ast.parse(text)
    nodes = list(ast.walk(tree))
    for inner in nodes:
        _silence(inner)
    definitions: dict[str, ast.stmt] = {}
    loose = []
    for node in tree.body:
        names = list(_names_defined(node))
        definitions |= dict.fromkeys(names, node)
        if not (names or _is_import_or_text(node)):
            loose.append(node)
    imported: dict[str, set[Definition]] = {}
    for local, place in _imports(nodes, module, path.name == "__init__.py"):
        imported.setdefault(local, set()).add(place)
    return ModuleSource(path, definitions, imported, tuple(loose))


def _names_defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    for target in targets if isinstance(node, ast.Assign | ast.AnnAssign) else ():
        yield from (part.id for part in ast.walk(target or node) if isinstance(part, ast.Name))


def _is_import_or_text(node: ast.stmt) -> bool:
    text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    typing = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
    return text or typing or isinstance(node, ast.Import | ast.ImportFrom)


def _imports(
    nodes: Iterable[ast.AST], module: str, is_package: bool
) -> Iterator[tuple[str, Definition]]:
    """List imports, those inside functions too, as (name in the module, where it comes from)."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                parent, _, last = alias.name.rpartition(".")
                yield alias.asname or alias.name.split(".")[0], (parent or last, last)
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: None if is_package else -1]
            up = above[: len(above) - node.level + 1] if node.level else []
            origin = ".".join([*up, *((node.module or "").split(".") if node.module else [])])
            for alias in node.names:
                yield alias.asname or alias.name, (origin, alias.name)


@cache
def names_used(node: ast.stmt) -> frozenset[str]:
    """List the names that a statement uses."""
    return frozenset(inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name))


@cache
def names_called(node: ast.stmt) -> frozenset[str]:
    """List the plain names that a statement calls."""
    calls = (inner.func for inner in ast.walk(node) if isinstance(inner, ast.Call))
    return frozenset(call.id for call in calls if isinstance(call, ast.Name))


@cache
def statement_text(node: ast.stmt) -> str:
    """Write down what a statement does, whatever its form in the file."""
    return ast.dump(node)


def _silence(node: ast.AST) -> None:
    """Take docstrings and words for people out of a tree that was just parsed."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef) and _has_docstring(node):
        del node.body[0]
    if isinstance(node, ast.Call) and _name_of(node.func) in MESSAGES:
        node.args, node.keywords = [], []


def _has_docstring(node: ast.FunctionDef | ast.ClassDef) -> bool:
    return ast.get_docstring(node, clean=False) is not None


def _name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
