"""The brain ``coursework-sentences``: two subjects, 627 sentences, as courses hand them out.

``stimuli.txt`` has a sentence on each line, ``subj1.npy`` and ``subj2.npy`` a pickled dictionary
with a matrix of responses for each network, whose rows are these lines. The pickles are read
without running anything from them (see `pipeline.files.pickles`).

Which lines belong together is not in these files. It is derived from the text: public lists put
either the 384 sentences of Experiment 2 first or the 243 of Experiment 3. Experiment 2 has
passages of 4 sentences, which become the groups. For Experiment 3 no public list marks the
passages, only the 24 topics; a topic holds whole passages, so topics become the groups there,
which is stricter than needed and never lets a passage be split. Every topic's word must be met in
its own lines, or the list is refused; ``passages.txt`` beside it, a label on each line, then says
what belongs together, and is used whenever it is there.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.brain import Brain
from pipeline.brains.checks import require_directory
from pipeline.brains.dataset import BrainDataset, Stimuli
from pipeline.brains.formats.npy_pickles import PickledArray, read_pickled_arrays
from pipeline.brains.names_to_keep import names_to_keep
from pipeline.brains.responses import Responses
from pipeline.brains.unusable_voxels import unusable_voxels_text, usable_voxels, with_columns
from pipeline.config import SelectedBrainConfig
from pipeline.errors import DataError, Problem
from pipeline.files.order import natural_key
from pipeline.files.spelling import composed

_NAME = "coursework-sentences"
_N, _N_EXP2 = 627, 384
_ROIS = {"language": "language", "vision": "visual", "task": "task", "dmn": "dmn"}
# The topics of Experiment 3 in order: a word met in its sentences, and how many these are.
TOPICS = (
    ("bee", 11), ("dream", 10), ("gambl", 10), ("hurricane", 10), ("cream", 10), ("mower", 10),
    ("astronaut", 10), ("graphic", 10), ("school", 10), ("pharmac", 10), ("stress", 10),
    ("tuxedo", 10), ("blind", 10), ("tast", 9), ("fractur", 11), ("infect", 10), ("opera", 11),
    ("paint", 10), ("owl", 10), ("bear", 10), ("castle", 10), ("pyramid", 10), ("climb", 11),
    ("ski", 10),
)  # fmt: skip
_LEAST_MET = 3
_FIRST_OF_EXP2 = "accordion"
_MOST_BYTES = 1 << 20
_REMEDY = "Point to the folder with stimuli.txt, subj1.npy and subj2.npy as they were handed out."


def load_coursework(config: SelectedBrainConfig) -> BrainDataset:
    """Read sentences and responses; the 384 sentences come out first whatever the list's order.

    Parameters
    ----------
    config : SelectedBrainConfig
        ``directory`` holds stimuli.txt, subj*.npy and, if wanted, passages.txt (the order of the
        lines is then kept).

    Returns
    -------
    BrainDataset
        627 sentences; ROIs language, visual (``vision`` in the files), task and dmn.

    Raises
    ------
    DataError
        If a file is missing or damaged, a pickle asks for anything but arrays, dictionaries and
        text, a matrix is missing or has another shape, or the order of the lines is unknown.
    ConfigError
        If a subject or ROI is asked for that is not there.
    """
    directory = require_directory(_NAME, config.directory, _REMEDY)
    sentences = _lines(directory / "stimuli.txt")
    twice = next((text for text in sentences if sentences.count(text) > 1), None)
    if twice is not None:
        _refuse(directory / "stimuli.txt", "different sentences", f"more than once: {twice!r}")
    labelled = directory / "passages.txt"
    if labelled.is_file():
        rows, groups = np.arange(_N), _lines(labelled)
    else:
        rows, groups = _derived(directory / "stimuli.txt", sentences)
    paths = {path.stem: path for path in _subject_files(directory)}
    selection = names_to_keep("subjects", str(directory), config.subject_names, paths)
    rois = names_to_keep("rois", _NAME, config.roi_names, _ROIS.values())
    subjects = {name: _subject(paths[name], rows, rois, config.max_unusable) for name in selection}
    return BrainDataset(
        name=_NAME,
        stimuli=Stimuli(tuple(sentences[row] for row in rows), np.array(groups)),
        subjects=subjects,
        source="Pereira et al. 2018 in the form courses hand out, groups from "
        f"{'passages.txt' if labelled.is_file() else 'the text'}; {unusable_voxels_text(subjects)}",
    )


def _refuse(path: Path, expected: str, finding: str) -> None:
    raise DataError(Problem(str(path), expected, finding, _REMEDY))


def _lines(path: Path) -> list[str]:
    """Return 627 lines of text, none empty."""
    if not path.is_file():
        _refuse(path, "this file", "no such file")
    if path.stat().st_size > _MOST_BYTES:
        _refuse(path, f"at most {_MOST_BYTES:,} bytes", f"{path.stat().st_size:,}")
    try:
        text = composed(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataError(Problem(str(path), "text in UTF-8", str(error), _REMEDY)) from error
    lines = [line.strip() for line in re.split(r"\r\n|\n|\r", text.rstrip())]
    empty = [number for number, line in enumerate(lines, start=1) if not line]
    if len(lines) != _N or empty:
        finding = f"{len(lines)} lines" + (f", line {empty[0]} empty" if empty else "")
        _refuse(path, f"{_N} lines of text", finding)
    return lines


def _derived(path: Path, sentences: list[str]) -> tuple[NDArray[np.int64], list[str]]:
    """Return the lines with Experiment 2 first, and the group of each."""
    starts = [at for at in (0, _N - _N_EXP2) if _FIRST_OF_EXP2 in sentences[at].casefold()]
    topics = [f"exp3-{word}" for word, count in TOPICS for _ in range(count)]
    for start in starts:
        exp2 = np.arange(start, start + _N_EXP2)
        exp3 = np.setdiff1d(np.arange(_N), exp2)
        if _topics_fit([sentences[row] for row in exp3]):
            passages = [f"exp2-passage{row // 4 + 1:03d}" for row in range(_N_EXP2)]
            return np.concatenate([exp2, exp3]), passages + topics
    remedy = "Put passages.txt beside it: for each line, a label of the passage it belongs to."
    expected = "the public order: 384 sentences of Exp. 2 and 243 of Exp. 3, either first"
    raise DataError(Problem(str(path), expected, "another order or other sentences", remedy))


def _topics_fit(sentences: list[str]) -> bool:
    at = 0
    for word, count in TOPICS:
        met = sum(word in text.casefold() for text in sentences[at : at + count])
        if met < _LEAST_MET:
            return False
        at += count
    return True


def _subject_files(directory: Path) -> list[Path]:
    files = sorted(directory.glob("subj*.npy"), key=lambda path: natural_key(path.name))
    if not files:
        _refuse(directory, "files subj1.npy, subj2.npy", "no subj*.npy")
    return files


def _subject(
    path: Path, rows: NDArray[np.int64], selection: tuple[str, ...], most_unusable: float
) -> Responses:
    """Read one subject's matrices side by side, letting each go once it is halved."""
    arrays = read_pickled_arrays(path)
    _check_matrices(path, arrays)
    rois, parts, at = {}, [], 0
    for key in tuple(arrays):
        array = arrays.pop(key)
        if _ROIS[key] not in selection:
            continue
        with np.errstate(over="ignore", invalid="ignore"):
            parts.append(array.numbers().astype(np.float32)[rows])
        rois[_ROIS[key]] = np.arange(at, at := at + array.shape[1])
    values = np.concatenate(parts, axis=1)
    del parts, array
    usable = usable_voxels(str(path), values, rois, most_unusable)
    good = np.unique(np.concatenate(list(usable.rois.values())))
    columns_left = {roi: np.searchsorted(good, columns) for roi, columns in usable.rois.items()}
    return Responses(with_columns(values, good), columns_left, left_out=usable.dropped)


def _check_matrices(path: Path, arrays: dict[str, PickledArray]) -> None:
    if set(arrays) != set(_ROIS):
        _refuse(path, f"keys {', '.join(_ROIS)}", ", ".join(arrays) or "no keys")
    for key, array in arrays.items():
        if len(array.shape) != 2 or array.shape[0] != _N or array.shape[1] < 1:
            _refuse(path, f"key {key!r} of shape ({_N}, V)", f"shape {array.shape}")


COURSEWORK = Brain(
    name=_NAME,
    modality="text",
    summary="two real subjects who read 627 sentences, as stimuli.txt and subj*.npy",
    read=load_coursework,
    settings=SelectedBrainConfig,
    needs_directory=True,
)
