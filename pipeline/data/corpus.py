"""From the rows of a corpus to the examples of a task: one way for all of them."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.config import TaskConfig
from pipeline.data.choosing import SPLIT_NAMES, SplitName, assign, deal_rows, few_shots
from pipeline.data.forms.examples import Examples
from pipeline.data.rows import Record, Rows, Splits
from pipeline.data.task import TaskData
from pipeline.errors import DataError, Problem

Item = TypeVar("Item")


@dataclass(frozen=True)
class Reading(Generic[Item]):
    """How the rows of a corpus become the examples of a task.

    Parameters
    ----------
    convert : callable
        ``convert(record)`` returns an example, or None for a row that holds none (an empty text, a
        question without an answer); raises DataError for a damaged one.
    gather : callable
        ``gather(items)`` puts examples together.
    group : callable, optional
        ``group(item)``: examples that share it stay together when a split is divided.
    label : callable, optional
        ``label(item)``: the class of an example, where examples have one.
    classes : tuple of str
        Names of the classes, or the tags.
    labelled_test : bool
        Whether the corpus gives away the labels of its test split.
    """

    convert: Callable[[Record], Item | None]
    gather: Callable[[Sequence[Item]], Examples]
    group: Callable[[Item], Hashable] | None = None
    label: Callable[[Item], int] | None = None
    classes: tuple[str, ...] = ()
    labelled_test: bool = True


def build(splits: Splits, reading: Reading[Item], config: TaskConfig) -> TaskData:
    """Take the examples to train, validate and test on out of a corpus.

    Rows without an example are passed over, and their number told in ``source``. Equal examples
    are kept, as the corpus has them, but not on both sides of a divided split.

    Raises
    ------
    ConfigError
        If it names splits that there are not.
    DataError
        If a row is damaged, a class has too few examples, or a part is left without any.
    """
    assignment = assign(tuple(splits.rows), config, reading.labelled_test)
    items: dict[SplitName, list[Item]] = {}
    passed_over = 0
    for name in dict.fromkeys(assignment):
        split = _Split(name, splits.rows[name](), reading)
        parts = [part for part in SPLIT_NAMES if getattr(assignment, part) == name]
        for part, drawn in split.deal(parts, config).items():
            items[part] = split.take(part, drawn, config)
        passed_over += split.passed_over
    source = f"{splits.source}: {', '.join(assignment)}"
    if passed_over:
        source += f"; {passed_over} rows without an example passed over"
    train, validation, test = (reading.gather(items[part]) for part in SPLIT_NAMES)
    return TaskData(train, validation, test, source, reading.classes)


class _Split(Generic[Item]):
    """One split of a corpus, its rows converted once and only when needed."""

    def __init__(self, name: str, rows: Rows, reading: Reading[Item]) -> None:
        self.name, self._rows, self._reading = name, rows, reading
        self._convert = functools.cache(lambda index: reading.convert(rows[index]))
        self.passed_over = 0

    def deal(self, parts: Sequence[SplitName], config: TaskConfig) -> dict[SplitName, list[int]]:
        """Deal the rows out among the parts that are taken from this split."""
        group = self._group if self._reading.group is not None else None
        return deal_rows(len(self._rows), parts, group, config, self.name)

    def _group(self, index: int) -> Hashable:
        item = self._convert(index)
        if item is None or self._reading.group is None:
            return index
        return self._reading.group(item)

    def take(self, part: SplitName, indices: Sequence[int], config: TaskConfig) -> list[Item]:
        """Take as many examples as are asked for and there are, in the order of these rows."""
        every = self._examples(indices)
        if part == "train" and config.shots and self._reading.label is not None:
            items = self._few(every, self._reading.label, config.shots)
        else:
            train = config.shots or config.max_train
            items = list(itertools.islice(every, train if part == "train" else config.max_eval))
        if not items:
            raise DataError(
                Problem(
                    f"split '{self.name}', taken for {part}",
                    "at least one example",
                    f"none in {len(indices)} of its {len(self._rows)} rows",
                    "Name another split with splits=, or mend the data.",
                )
            )
        return items

    def _examples(self, indices: Sequence[int]) -> Iterator[Item]:
        for index in indices:
            item = self._convert(index)
            if item is None:
                self.passed_over += 1
            else:
                yield item

    def _few(self, every: Iterator[Item], label: Callable[[Item], int], shots: int) -> list[Item]:
        pool: list[Item] = []

        def labels() -> Iterator[int]:
            for item in every:
                pool.append(item)
                yield label(item)

        return [pool[index] for index in few_shots(labels(), self._reading.classes, shots)]
