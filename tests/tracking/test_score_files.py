import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.pandas import column, data_frames, range_indexes

from pipeline.tracking.score_files import read_scores

NAMES = st.text("0123456789NAnaulr-.e+", min_size=1, max_size=6)
SCORES = st.floats(-1, 1, allow_nan=False, width=64)


@settings(max_examples=40)
@given(
    data_frames(
        [
            column("subject", elements=NAMES, dtype=object),
            column("roi", elements=NAMES, dtype=object),
            column("fold", elements=st.integers(0, 99), dtype=np.int64),
            column("two_vs_two", elements=SCORES, dtype=np.float64),
            column("alpha_at_border", dtype=bool),
        ],
        index=range_indexes(min_size=1, max_size=8),
    )
)
def test_tables_are_read_as_they_were_written(tmp_path_factory, table):
    path = tmp_path_factory.getbasetemp() / "scores.csv"
    stored = table.astype({"subject": str, "roi": str})
    stored.to_csv(path, index=False)
    pd.testing.assert_frame_equal(read_scores(path), stored, check_exact=True)


def test_a_ceiling_without_a_correction_has_none_when_it_is_read(tmp_path):
    table = pd.DataFrame({"kind": ["signal"], "correlation_corrected": [np.nan]})
    table.to_csv(tmp_path / "ceilings.csv", index=False)
    assert read_scores(tmp_path / "ceilings.csv").correlation_corrected.isna().all()


def test_a_table_without_rows_or_columns_is_read_as_one(tmp_path):
    pd.DataFrame().to_csv(tmp_path / "empty.csv", index=False)
    assert read_scores(tmp_path / "empty.csv").empty
    pd.DataFrame(columns=["kind", "two_vs_two"]).to_csv(tmp_path / "none.csv", index=False)
    assert list(read_scores(tmp_path / "none.csv").columns) == ["kind", "two_vs_two"]


def test_scores_that_an_roi_of_one_voxel_cannot_have_come_back_as_missing_numbers(tmp_path):
    stored = pd.DataFrame({"roi": ["NA", "b"], "voxel_r": [0.5, 0.25], "cka": [np.nan, np.nan]})
    stored.to_csv(tmp_path / "fit_scores.csv", index=False)
    pd.testing.assert_frame_equal(read_scores(tmp_path / "fit_scores.csv"), stored)
