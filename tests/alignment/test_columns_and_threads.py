"""Columns of a mapped array are read in blocks; folds are worked on by threads."""

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from pipeline.alignment import VoxelColumns, align, columns
from pipeline.alignment.kernel.grams import gram_matrices, grams_of_folds
from pipeline.alignment.threads import workers


@pytest.fixture
def mapped(subject, tmp_path, rng):
    """One array on disk, with the columns of both ROIs mixed among others."""
    regions = subject[1]
    columns = rng.permutation(150)
    places = {"language": columns[:30], "vision": columns[30:120]}
    values = np.lib.format.open_memmap(tmp_path / "y.npy", "w+", np.float32, (48, 150))
    values[:] = rng.standard_normal((48, 150))
    for name, place in places.items():
        values[:, place] = regions[name]
    values.flush()
    values = np.load(tmp_path / "y.npy", mmap_mode="r")
    return {name: VoxelColumns(values, place) for name, place in places.items()}


def test_columns_of_a_mapped_array_are_scored_like_their_copies(
    subject, mapped, groups, settings, monkeypatch
):
    monkeypatch.setattr(columns, "BLOCK_BYTES", 8 * 48 * 7)  # seven columns at once
    copies = {name: view.values[:, view.columns] for name, view in mapped.items()}
    pd.testing.assert_frame_equal(
        align(subject[0], mapped, groups, settings),
        align(subject[0], copies, groups, settings),
        rtol=0,
        atol=1e-9,
    )


def test_a_region_is_never_read_as_a_whole(subject, mapped, groups, settings, monkeypatch):
    widths = []

    class Watched(np.ndarray):
        def __getitem__(self, key):
            if isinstance(key, tuple) and isinstance(key[1], np.ndarray):
                widths.append(len(key[1]))
            return super().__getitem__(key)

    monkeypatch.setattr(columns, "BLOCK_BYTES", 8 * 48 * 7)
    monkeypatch.setattr(columns, "READ_BYTES", 4 * 48 * 7)
    monkeypatch.setattr(columns, "ROW_BYTES", 4)
    view = mapped["vision"]
    watched = VoxelColumns(np.asarray(view.values).view(Watched), view.columns)
    align(subject[0], {"vision": watched}, groups, settings)
    assert max(widths) == 7
    assert sum(widths) == 2 * 90  # once to check, once for all folds


def test_kilobytes_of_each_of_many_rows_are_read_at_once(monkeypatch):
    monkeypatch.setattr(columns, "READ_BYTES", 4 * 48 * 7)
    reads = []
    monkeypatch.setattr(columns, "forget_pages", reads.append)
    few_columns = columns.ROW_BYTES // 4 // 2
    list(columns.column_blocks(np.zeros((48, few_columns))))
    assert len(reads) == 1


def test_gram_matrices_of_all_folds_equal_those_of_each(rng, monkeypatch):
    monkeypatch.setattr(columns, "BLOCK_BYTES", 8 * 20 * 9)
    values = rng.standard_normal((20, 57))
    trains = [np.arange(5, 20), np.arange(12), np.array([0, 3, 5, 9, 17])]
    for one, train in zip(grams_of_folds(values, trains, "pearson", map), trains, strict=True):
        alone = gram_matrices(values, train)
        np.testing.assert_array_equal(one.kernel, alone.kernel)
        np.testing.assert_array_equal(one.patterns, alone.patterns)


def test_scores_do_not_depend_on_the_number_of_threads(subject, groups, settings):
    tables = []
    for n_threads in (1, 2, 3):
        with threadpool_limits(n_threads, user_api="blas"):
            tables.append(align(*subject, groups, settings))
    for table in tables[1:]:
        pd.testing.assert_frame_equal(tables[0], table, check_exact=True)


def test_results_come_in_the_order_of_the_items_and_errors_come_through():
    with workers() as in_parallel:
        assert list(in_parallel(lambda x: x * x, range(20))) == [x * x for x in range(20)]
        with pytest.raises(ZeroDivisionError):
            list(in_parallel(lambda x: 1 / x, [1, 0]))
