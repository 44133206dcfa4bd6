"""Work that a crash leaves behind is used, and removed when it is finished."""

from pathlib import Path

import pandas as pd
import pytest
import unit_functions as work

from pipeline import progress
from pipeline.alignment.dataset.finished_units import compute_unfinished
from pipeline.alignment.dataset.units import Unit
from pipeline.config import ComputeConfig
from pipeline.tracking.unfinished import forget, unfinished_folder

HERE = ComputeConfig(workers=1)


def noted(tmp_path, n_units):
    """Give units that cannot be computed twice."""
    notes = tmp_path / "notes"
    notes.mkdir(exist_ok=True)
    return [Unit(f"unit {n}", work.noted_squares, ([n, 1 / 3], notes)) for n in range(n_units)]


def test_units_finished_before_a_crash_are_not_computed_again(tmp_path):
    units, folder = noted(tmp_path, 3), tmp_path / "kept"
    broken = [*units, Unit("broken", work.die_of_error, ())]
    with pytest.raises(OSError, match="the node is gone"):
        compute_unfinished(broken, folder, HERE)
    again = compute_unfinished([*units, *noted(tmp_path, 5)[3:]], folder, HERE)
    assert [table.square[0] for table in again] == [0, 1, 4, 9, 16]


def test_a_table_is_the_same_whether_it_was_kept_or_computed_now(tmp_path):
    table = pd.DataFrame(
        {
            "subject": ["01", "NA", "nan"],
            "fold": [0, 1, 2],
            "two_vs_two": [1 / 3, 0.1 + 0.2, float("inf")],
            "alpha_at_border": [True, False, True],
        }
    )
    units, folder = [Unit("one", work.table, (table.to_dict("list"),))], tmp_path / "kept"
    (first,) = compute_unfinished(units, folder, HERE)
    (second,) = compute_unfinished(units, folder, HERE)
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    pd.testing.assert_frame_equal(first, table, check_exact=True)


def test_what_was_being_written_at_a_crash_is_not_taken_for_finished(tmp_path, monkeypatch):
    units, folder = [Unit("one", work.squares, ([2],))], tmp_path / "kept"

    def half(table, path):
        Path(path).write_bytes(b"PAR1 and then the power went")
        raise OSError("no power")

    with monkeypatch.context() as broken:
        broken.setattr(pd.DataFrame, "to_parquet", half)
        with pytest.raises(OSError, match="no power"):
            compute_unfinished(units, folder, HERE)
    (table,) = compute_unfinished(units, folder, HERE)
    assert table.square.tolist() == [4]


@pytest.mark.parametrize("damaged", [
    lambda content: content[: len(content) // 2],
    lambda content: content[:40] + bytes([content[40] ^ 1]) + content[41:],
    lambda content: content[:-10] + bytes([content[-10] ^ 255]) + content[-9:],
    lambda _: b"",
])  # fmt: skip
@pytest.mark.parametrize("suffix", [".parquet", ".sha256"])
def test_a_damaged_table_is_computed_again(tmp_path, damaged, suffix):
    units, folder = [Unit("one", work.squares, (list(range(100)),))], tmp_path / "kept"
    (first,) = compute_unfinished(units, folder, HERE)
    (path,) = folder.glob(f"*{suffix}")
    before = path.read_bytes()
    path.write_bytes(damaged(before.ljust(50)))
    (again,) = compute_unfinished(units, folder, HERE)
    pd.testing.assert_frame_equal(again, first, check_exact=True)
    assert path.read_bytes() == before


def test_tables_come_in_the_order_of_the_units(tmp_path):
    units = [Unit(str(n), work.slow_squares, ([n], 0.2 - 0.1 * n)) for n in range(3)]
    tables = compute_unfinished(units, tmp_path / "kept", ComputeConfig(workers=3))
    assert [table.square[0] for table in tables] == [0, 1, 4]


def test_the_folder_lies_beside_the_database_and_goes_alone(store):
    first, second = unfinished_folder("a" * 64), unfinished_folder("b" * 64)
    assert first.parent == second.parent == Path(store) / "unfinished"
    for folder in (first, second):
        compute_unfinished([Unit("one", work.squares, ([2],))], folder, HERE)
    forget(first)
    assert not first.exists()
    assert second.exists()
    forget(second)
    assert not second.exists()
    assert second.parent.exists()


def test_progress_is_told_now_and_then(tmp_path, monkeypatch, caplog):
    caplog.set_level("INFO", logger="pipeline")
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    compute_unfinished(noted(tmp_path, 2), tmp_path / "kept", HERE)
    assert "units: 1 of 2" in caplog.text
    compute_unfinished(noted(tmp_path, 3), tmp_path / "kept", HERE)
    assert "2 of 3 units were finished before" in caplog.text
