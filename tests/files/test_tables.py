"""Tables as spreadsheets leave them: empty columns and rows at the end hold nothing."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.files.tables import parse_table, separator_problem

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
FILLED = CELLS.filter(lambda cell: cell.strip())


def csv_of(rows):
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(rows)
    return stream.getvalue()


@given(
    rows=st.lists(st.tuples(FILLED, CELLS, FILLED), min_size=1, max_size=6),
    columns=st.integers(0, 3),
    lines=st.integers(0, 3),
)
def test_empty_columns_and_rows_at_the_end_change_nothing(rows, columns, lines):
    padded = [(*row, *[" "] * columns) for row in [("a", "b", "c"), *rows]]
    padded += [[""] * (3 + columns)] * lines
    plain, with_empty_end = (
        parse_table(csv_of([("a", "b", "c"), *rows])),
        parse_table(csv_of(padded)),
    )
    assert (with_empty_end.header, with_empty_end.rows) == (plain.header, plain.rows)
    assert with_empty_end.rows == [list(row) for row in rows]


def test_a_value_in_a_column_without_a_name_is_kept_to_be_refused():
    table = parse_table("a,b,\n1,2,\n3,4,5\n")
    assert (table.header, table.rows) == (["a", "b"], [["1", "2"], ["3", "4", "5"]])


def test_an_empty_row_between_others_is_kept_to_be_refused():
    assert parse_table("a,b\n1,2\n,\n3,4\n").rows[1] == ["", ""]


def test_a_damaged_table_names_the_line():
    with pytest.raises(csv.Error, match="line 3: "):
        parse_table('a,b\n1,2\n3,"4\n')


@pytest.mark.parametrize(("text", "name"), [("a;b\n", "semicolons"), ("a\tb\n", "tabs")])
def test_other_separators_are_named(text, name):
    assert separator_problem("t.csv", parse_table(text).header).found == name
    assert separator_problem("t.csv", ["a", "b;c"]) is None
