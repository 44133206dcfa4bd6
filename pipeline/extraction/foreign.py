"""Features that another tool computed: a folder with an array a layer, and names of the stimuli.

``stimuli.txt`` holds a name a line, one for each row of every array: a sentence as the brain
dataset has it, or the number of a picture in the dataset, from 0. Arrays are in files ``.npz`` or
``.safetensors``, one layer or several in each; layers are in the order of file and array names, as
their numbers count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.dataset import Stimuli
from pipeline.errors import DataError, Problem, refuse
from pipeline.files.folders import is_folder, is_left_behind
from pipeline.files.order import natural_key

NAMES = "stimuli.txt"
ENDINGS = (".npz", ".safetensors")
#: As safetensors names them. Of 8 bits or fewer are numbers of a scale that the file does not have.
_HALF = "BF16"
_KINDS = {"F64", "F32", "F16", _HALF, "I64", "U64", "I32", "U32", "I16", "U16", "I8", "U8", "BOOL"}
_FEW = 3  # names that a message lists
_MOST = 20  # problems that are listed


def foreign_layers(folder: Path, stimuli: Stimuli) -> dict[str, NDArray[np.float32]]:
    """Read features of another tool, in the order of a brain dataset's stimuli.

    Returns
    -------
    dict of str to ndarray of float32, shape (n_stimuli, n_features)
        By the name that each layer has there, in the order of layers.

    Raises
    ------
    DataError
        All problems at once: no names or arrays, files that cannot be read, stimuli that are
        missing, unknown or named twice, other counts, values that are not finite.
    """
    if not is_folder(str(folder)):
        remedy = f"Name the folder that holds arrays and {NAMES}."
        raise DataError(Problem("features", "a folder", f"'{str(folder)[:200]}'", remedy))
    names, problems = _names(folder)
    arrays, unreadable = _arrays(folder)
    problems += unreadable
    expected = stimulus_names(stimuli)
    if names:
        problems += _name_problems(folder, names, expected)
    for layer, x in arrays.items():
        problems += _layer_problems(f"{folder}: {layer}", x, len(names))
    refuse(problems, DataError, most=_MOST)
    if names == expected:
        return {layer: x.astype(np.float32) for layer, x in arrays.items()}
    rows = {name: row for row, name in enumerate(names)}
    order = [rows[name] for name in expected]
    return {layer: x[order].astype(np.float32) for layer, x in arrays.items()}


def stimulus_names(stimuli: Stimuli) -> list[str]:
    """Name the stimuli of a brain dataset: sentences by themselves, pictures by their number."""
    if isinstance(stimuli.items, tuple):
        return [_as_line(item) for item in stimuli.items]
    return [str(number) for number in range(len(stimuli))]


def _as_line(text: str) -> str:
    return " ".join(text.split())


def _names(folder: Path) -> tuple[list[str], list[Problem]]:
    path = folder / NAMES
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        remedy = f"Write {NAMES} into it, in UTF-8: the stimulus of each row of the arrays."
        finding = "none" if isinstance(error, FileNotFoundError) else str(error)
        return [], [Problem(str(path), "a stimulus a line", finding, remedy)]
    names = [_as_line(line) for line in lines if line.strip()]
    if not names:
        remedy = "Write the stimulus of each row of the arrays into it."
        return [], [Problem(str(path), "a stimulus a line", "an empty file", remedy)]
    return names, []


def _arrays(folder: Path) -> tuple[dict[str, NDArray[np.generic]], list[Problem]]:
    """Read the arrays of every file; what cannot be read is a problem."""
    files = [path for path in folder.glob("*") if path.suffix in ENDINGS]
    files = [path for path in files if not is_left_behind(PurePath(path.name))]
    files.sort(key=lambda path: natural_key(path.name))
    if not files:
        remedy = "Save an array a layer, of shape (n_stimuli, n_features)."
        expected = f"files {' or '.join(ENDINGS)}"
        return {}, [Problem(str(folder), expected, "none", remedy)]
    arrays: dict[str, NDArray[np.generic]] = {}
    problems: list[Problem] = []
    for path in files:
        try:
            of_file = _read(path)
        except Exception as error:  # zip, npy and safetensors each raise errors of many kinds
            problems.append(_unreadable(path, f"{type(error).__name__}: {error}"))
            continue
        if not of_file:
            problems.append(_unreadable(path, "none"))
        for name in sorted(of_file, key=natural_key):
            layer = f"{path.stem}/{name}" if len(of_file) > 1 else path.stem
            if layer in arrays:
                remedy = "Give the layers names of their own, or remove one of the files."
                expected = f"layer {layer} in one file"
                problems.append(Problem(str(path), expected, "another with its name", remedy))
            arrays[layer] = of_file[name]
    return arrays, problems


def _unreadable(path: Path, finding: str) -> Problem:
    remedy = "Save it again, numbers alone."
    return Problem(str(path), "arrays of numbers", finding[:300].rstrip("."), remedy)


def _read(path: Path) -> dict[str, NDArray[np.generic]]:
    if path.suffix == ".npz":
        stored = np.load(path, allow_pickle=False)
        if not isinstance(stored, np.lib.npyio.NpzFile):
            raise ValueError("one array without a name, a file .npy")
        with stored:
            return {name: stored[name] for name in stored.files}
    from safetensors import safe_open

    with safe_open(path, framework="np") as tensors:
        kinds = {name: tensors.get_slice(name).get_dtype() for name in tensors.keys()}  # noqa: SIM118
        if unknown := set(kinds.values()) - _KINDS:
            raise ValueError(f"numbers of type {', '.join(sorted(unknown))}")
        wide = [name for name, kind in kinds.items() if kind != _HALF]
        arrays = {name: tensors.get_tensor(name) for name in wide}
    if len(arrays) < len(kinds):  # numpy has no such type
        with safe_open(path, framework="pt") as tensors:
            half = kinds.keys() - arrays.keys()
            arrays |= {name: tensors.get_tensor(name).float().numpy() for name in half}
    return arrays


def _name_problems(folder: Path, names: Sequence[str], expected: Sequence[str]) -> list[Problem]:
    """Compare the names of rows with the stimuli that were responded to."""
    if list(names) == list(expected):
        return []
    where, present, stimuli = str(folder / NAMES), Counter(names), set(expected)
    missing = [name for name in dict.fromkeys(expected) if name not in present]
    unknown = [name for name in present if name not in stimuli]
    twice = [name for name, count in present.items() if count > 1]
    remedy = "Name each stimulus once, as the brain dataset has it, and have a row for each."
    kinds = (
        ("every stimulus of the brain dataset", "without", missing),
        ("stimuli of the brain dataset alone", "others:", unknown),
        ("each stimulus once", "more than once:", twice),
    )
    return [
        Problem(where, what, f"{len(offenders)} {how} {_listed(offenders)}", remedy)
        for what, how, offenders in kinds
        if offenders
    ]


def _listed(names: Sequence[str]) -> str:
    first = ", ".join(f"'{name[:40]}'" for name in names[:_FEW])
    return f"{first}, …" if len(names) > _FEW else first


def _layer_problems(where: str, x: NDArray[np.generic], n_names: int) -> Iterator[Problem]:
    if x.ndim != 2 or x.dtype.kind not in "fiu" or not x.size:
        expected = "numbers of shape (n_stimuli, n_features)"
        remedy = "Pool tokens or places first: one vector a stimulus."
        yield Problem(where, expected, f"{x.dtype} of shape {x.shape}", remedy)
        return
    if n_names and len(x) != n_names:
        remedy = f"Have one row for each line of {NAMES}, in its order."
        yield Problem(where, f"{n_names} rows, one a stimulus", f"{len(x)}", remedy)
    n_infinite = np.count_nonzero(~np.isfinite(x.astype(np.float32)))
    if n_infinite:
        finding = f"{n_infinite} that are NaN or infinite as float32"
        yield Problem(where, "finite values", finding, "Compute that layer again.")
