"""The overview counts what there is, and fits a terminal."""

import numpy as np
import pandas as pd
import pytest
from brain_settings import brain_settings

from pipeline.brains import BRAINS, BrainDataset, Responses, Stimuli
from pipeline.brains.overview import WIDTH, overview, overview_text
from pipeline.errors import DataError


@pytest.fixture
def dataset():
    rng = np.random.default_rng(0)

    def values(*shape):
        return rng.standard_normal(shape).astype(np.float32)

    seen = Responses(
        values(4, 6),
        {"language": np.array([0, 1]), "visual": np.array([2, 3, 4])},
        repeats=values(3, 2, 6),
        stimulus_rows=np.array([0, 1, 2, 5]),
        repeated=np.array([0, 3]),
        left_out={"visual": 1},
    )
    stimuli = Stimuli(tuple("abcdef"), np.array(list("ppqqrr")))
    plain = Responses(values(6, 2), {"language": np.array([1])})
    return BrainDataset("two", stimuli, {"s1": seen, "s2": plain}, "made for this test")


@pytest.fixture
def ceilings():
    return pd.DataFrame(
        {"subject": "s1", "roi": ["visual", "language"], "two_vs_two": [0.75, 0.5],
         "correlation": [0.2, 0.1], "correlation_corrected": [0.3, 0.2]}
    )  # fmt: skip


def test_there_is_one_row_for_each_subject_and_roi(dataset):
    expected = pd.DataFrame(
        [("s1", "language", 2, 0, 4, 3, 3, 2), ("s1", "visual", 3, 1, 4, 3, 3, 2),
         ("s2", "language", 1, 0, 6, 3, 1, 0)],
        columns=["subject", "roi", "voxels", "left_out", "stimuli", "groups", "repeats",
                 "repeated"],
    )  # fmt: skip
    pd.testing.assert_frame_equal(overview(dataset), expected)


def test_ceilings_are_joined_by_subject_and_roi(dataset, ceilings):
    table = overview(dataset, ceilings)
    assert table["ceiling_two_vs_two"].tolist()[:2] == [0.5, 0.75]
    assert np.isnan(table["ceiling_correlation"].iloc[2])
    assert len(table) == 3


def test_a_dataset_without_any_ceiling_has_no_such_column(dataset, ceilings):
    assert overview(dataset, ceilings.head(0)).equals(overview(dataset))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.drop(columns="roi"), "columns subject and roi; found subject, two_vs_two"),
        (lambda c: c.assign(subject="s9"), "found subject s9, ROI visual"),
        (lambda c: c.assign(roi="visual"), "found subject s1, ROI visual twice"),
    ],
)
def test_ceilings_of_other_data_are_refused(dataset, ceilings, change, message):
    with pytest.raises(DataError, match=f"ceilings: expected .*{message}"):
        overview(dataset, change(ceilings))


def test_the_text_holds_totals_and_every_row(dataset, ceilings):
    text = overview_text(dataset, ceilings)
    assert "two: made for this test" in text
    assert "2 subjects (1 with repeats), 2 ROIs, 8 voxels, 6 text stimuli in 3 groups" in text
    last = text.splitlines()[-1].split()
    assert last == ["s2", "language", "1", "0", "6", "3", "1", *["none"] * 2]
    assert "ceiling 2v2" in text


@pytest.mark.parametrize("scored", [True, False])
def test_no_line_is_wider_than_a_terminal(scored):
    stimuli = Stimuli(tuple("abcd"), np.array(list("ppqq")))
    rng = np.random.default_rng(0)
    rois = {f"ROI{i}_VentralAttn_R_48.1_38.3_-9.2": np.array([i]) for i in range(99)}
    repeats = rng.standard_normal((2, 4, 99)).astype(np.float32)
    wide = Responses(repeats.mean(0), rois, repeats=repeats)
    name = "a subject with a long name"
    dataset = BrainDataset("many", stimuli, {name: wide}, "a source " * 40)
    columns = {"subject": name, "roi": list(rois), "two_vs_two": 0.5, "correlation": -0.1,
             "correlation_corrected": -12.3456}  # fmt: skip
    text = overview_text(dataset, pd.DataFrame(columns) if scored else None)
    assert max(map(len, text.splitlines())) <= WIDTH
    assert text.endswith("and 39 more rows of subject and ROI")


@pytest.mark.parametrize("name", [brain.name for brain in BRAINS.values()
                                  if not brain.needs_directory])  # fmt: skip
def test_simulated_brains_say_so_and_add_up(name):
    data = BRAINS[name].load(brain_settings(n_stimuli=16, n_voxels=5, n_subjects=2))
    table = overview(data)
    assert (table["voxels"] == 5).all()
    assert (table["repeats"] == 2).all()
    assert "simulated" in overview_text(data).splitlines()[0]
