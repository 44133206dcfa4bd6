"""Threads for the independent parts of one alignment, as many as BLAS was allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol, TypeVar

from threadpoolctl import threadpool_info, threadpool_limits

Item = TypeVar("Item")
Result = TypeVar("Result")


class Map(Protocol):
    """Anything that maps as ``map`` does: one call an item, results in the order of the items."""

    def __call__(
        self, function: Callable[[Item], Result], items: Iterable[Item], /
    ) -> Iterable[Result]:
        """Call the function with every item."""


@contextmanager
def workers() -> Iterator[Map]:
    """Lend a parallel ``map`` of as many threads as BLAS may use, each with a BLAS of one thread.

    Products of a few hundred rows gain little from a second BLAS thread, and what lies between
    them nothing: whole parts side by side use all cores. As every part runs on one thread, results
    do not depend, to the last bit, on how many there are. ``OMP_NUM_THREADS``, joblib's
    ``inner_max_num_threads`` and ``threadpoolctl.threadpool_limits`` set their number.
    """
    allowed = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    n_threads = max(allowed, default=1)
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(n_threads) as pool:
        yield pool.map
