"""Follows a pickle's instructions without running anything that it asks for.

``numpy.load(..., allow_pickle=True)`` calls whatever a file names. Here nothing is ever called:
the pickle's instructions are listed with ``pickletools``, which executes none, and followed by a
small machine that knows dictionaries, lists, tuples, text, numbers and the names below, which it
keeps as plain notes. Any other name or instruction is refused by name. That also rules out what
an ordinary unpickler with a list of admitted names leaves open: states that make numpy's own
constructors misbehave, a memo that fills the memory, keys built to take for ever to hash.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn, cast

RECONSTRUCT = ("numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct")
NDARRAY, DTYPE, _ENCODE = "numpy ndarray", "numpy dtype", "_codecs encode"
_ADMITTED = {*RECONSTRUCT, NDARRAY, DTYPE, _ENCODE}
_MAX_LINE = 1000
_LITERALS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_PLAIN = {
    "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "SHORT_BINUNICODE", "BINUNICODE",
    "BINUNICODE8", "SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BINSTRING", "SHORT_BINSTRING",
}  # fmt: skip


class UnfitError(Exception):
    """Something in a pickle is not what it must be; the reader adds the file's name."""

    def __init__(self, expected: str, finding: str) -> None:
        super().__init__(finding)
        self.expected, self.found = expected, finding


@dataclass(frozen=True)
class Name:
    """A name that the pickle wants to call; only ever compared."""

    text: str


@dataclass
class Note:
    """What the pickle would have made by calling ``name``, and the state it would have given it."""

    name: str
    arguments: tuple[Any, ...]
    state: Any = None


class BoundedFile:
    """A file that never promises more bytes than it has left."""

    def __init__(self, file: BinaryIO, left: int) -> None:
        self._file, self._left = file, left

    def read(self, count: int) -> bytes:
        """Return exactly ``count`` bytes, or refuse."""
        if not 0 <= count <= self._left:
            raise UnfitError(f"{count:,} bytes more", f"{self._left:,}: cut short")
        self._left -= count
        return self._file.read(count)

    def readline(self) -> bytes:
        """Return a line, or the beginning of a long one."""
        line = self._file.readline(min(_MAX_LINE, self._left))
        self._left -= len(line)
        return line


def follow(source: BoundedFile, max_steps: int) -> Any:
    """Follow a whole pickle and return what it leaves: plain values, and notes.

    Parameters
    ----------
    source : BoundedFile
    max_steps : int
        How many instructions are more than an honest file could need.

    Returns
    -------
    object
        Python 2's strings are text here, one character for each byte (latin1).

    Raises
    ------
    UnfitError
        For any name or instruction but those admitted, and for a damaged pickle.
    """
    machine = _Machine()
    try:
        for step, (opcode, argument, _) in enumerate(pickletools.genops(cast(BinaryIO, source))):
            if step > max_steps:
                raise UnfitError(f"at most {max_steps:,} instructions", "more")
            machine.take(opcode.name, argument)
        return machine.result()
    except (ValueError, IndexError, KeyError, TypeError, MemoryError) as error:
        raise UnfitError("a whole pickle", f"{type(error).__name__}: {error}") from error


class _Machine:
    """Follows a pickle's instructions with notes in the place of calls."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        self._actions: dict[str, Callable[[Any], None]] = {
            "PROTO": lambda _: None,
            "FRAME": lambda _: None,
            "STOP": lambda _: None,
            "MARK": lambda _: self._marks.append(len(self._stack)),
            "EMPTY_DICT": lambda _: self._stack.append({}),
            "EMPTY_LIST": lambda _: self._stack.append([]),
            "EMPTY_TUPLE": lambda _: self._stack.append(()),
            "TUPLE": lambda _: self._stack.append(tuple(self._since_mark())),
            "TUPLE1": lambda _: self._stack.append(tuple(self._last(1))),
            "TUPLE2": lambda _: self._stack.append(tuple(self._last(2))),
            "TUPLE3": lambda _: self._stack.append(tuple(self._last(3))),
            "SETITEM": lambda _: self._set_items(self._last(2)),
            "SETITEMS": lambda _: self._set_items(self._since_mark()),
            "APPEND": lambda _: self._append(self._last(1)),
            "APPENDS": lambda _: self._append(self._since_mark()),
            "MEMOIZE": lambda _: self._remember(len(self._memo)),
            "BINPUT": self._remember,
            "LONG_BINPUT": self._remember,
            "BINGET": lambda index: self._stack.append(self._memo[index]),
            "LONG_BINGET": lambda index: self._stack.append(self._memo[index]),
            "GLOBAL": self._name,
            "STACK_GLOBAL": lambda _: self._name(" ".join(map(_text, self._last(2)))),
            "REDUCE": lambda _: self._note(*self._last(2)),
            "BUILD": lambda _: self._give_state(self._last(1)[0]),
        }

    def take(self, instruction: str, argument: Any) -> None:
        """Follow one instruction, or refuse it by name."""
        if instruction in _PLAIN:
            self._stack.append(argument)
        elif instruction in _LITERALS:
            self._stack.append(_LITERALS[instruction])
        elif instruction in self._actions:
            self._actions[instruction](argument)
        else:
            unfit("numpy arrays, dictionaries and text only", f"the instruction {instruction}")

    def result(self) -> Any:
        """Return the one thing left, and keep no hold on the bytes of its arrays."""
        left = self._last(1)[0]
        self._stack.clear()
        self._memo.clear()
        return left

    def _last(self, count: int) -> list[Any]:
        floor = self._marks[-1] if self._marks else 0
        if len(self._stack) - count < floor:
            unfit("a whole pickle", "an instruction without its operands")
        values = self._stack[len(self._stack) - count :]
        del self._stack[len(self._stack) - count :]
        return values

    def _since_mark(self) -> list[Any]:
        if not self._marks:
            unfit("a whole pickle", "the end of a group that never began")
        start = self._marks.pop()
        values = self._stack[start:]
        del self._stack[start:]
        return values

    def _remember(self, index: int) -> None:
        self._memo[index] = self._stack[-1]

    def _set_items(self, pairs: list[Any]) -> None:
        target = self._stack[-1]
        keys, values = pairs[::2], pairs[1::2]
        if not isinstance(target, dict) or len(keys) != len(values):
            unfit("a dictionary to fill", type(target).__name__)
        for key, value in zip(keys, values, strict=True):
            target[_text(key)] = value

    def _append(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if not isinstance(target, list):
            unfit("a list to fill", type(target).__name__)
        target.extend(items)

    def _name(self, name: str) -> None:
        if name not in _ADMITTED:
            unfit("numpy arrays, dictionaries and text only", f"a call of {name!r}")
        self._stack.append(Name(name))

    def _note(self, name: Any, arguments: Any) -> None:
        if not isinstance(name, Name) or not isinstance(arguments, tuple):
            unfit("a name to call, with arguments", f"{type(name).__name__}")
        if name.text == _ENCODE:  # how Python 2 protocols hold bytes
            text, coding = arguments if len(arguments) == 2 else (None, None)
            if coding != "latin1" or not isinstance(text, str):
                unfit("bytes as latin1 text", "another coding")
            self._stack.append(text.encode("latin1"))
        else:
            self._stack.append(Note(name.text, arguments))

    def _give_state(self, state: Any) -> None:
        target = self._stack[-1]
        if not isinstance(target, Note) or target.state is not None:
            unfit("an array or a dtype to fill", type(target).__name__)
        target.state = state


def unfit(expected: str, finding: str) -> NoReturn:
    """Raise UnfitError."""
    raise UnfitError(expected, finding)


def array_parts(where: str, noted: Any) -> tuple[tuple[int, ...], Any, Any, Any]:
    """Take apart the note of a numpy array.

    Parameters
    ----------
    where : str
        Which array it is, for messages.
    noted : Any
        From :func:`follow`.

    Returns
    -------
    shape : tuple of int
    dtype, in_columns, content
        All still unchecked.

    Raises
    ------
    UnfitError
        It is no note of an array, or its shape is none.
    """
    if not isinstance(noted, Note) or noted.name not in RECONSTRUCT:
        unfit(f"{where}: a numpy array", described(noted))
    if not noted.arguments or noted.arguments[0] != Name(NDARRAY):
        unfit(f"{where}: a numpy array", "a subclass of it")
    if not isinstance(noted.state, tuple) or len(noted.state) != 5:
        unfit(f"{where}: the state of an array", described(noted.state))
    _, shape, dtype, in_columns, content = noted.state
    whole = isinstance(shape, tuple) and all(type(n) is int and 0 <= n < 1 << 31 for n in shape)
    if not whole or len(shape) > 8:
        unfit(f"{where}: a shape of whole numbers", described(shape))
    return shape, dtype, in_columns, content


def described(value: Any) -> str:
    """Name a value of a pickle in a message."""
    return value.name if isinstance(value, Note) else type(value).__name__


def _text(value: Any) -> str:
    if isinstance(value, bytes):  # how Python 3 writes again what Python 2 called strings
        return value.decode("latin1")
    if not isinstance(value, str):
        unfit("text as names and keys", type(value).__name__)
    return str(value)
