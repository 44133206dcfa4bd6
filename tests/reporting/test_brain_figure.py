"""Figures of a brain dataset show every subject, region and stimulus example that they say."""

import numpy as np
import pandas as pd
import pytest
from brain_settings import brain_settings
from matplotlib.image import AxesImage

from pipeline.brains import BRAINS, BrainDataset, Responses, Stimuli
from pipeline.brains.spread import voxel_moments, voxel_spread
from pipeline.reporting.figures.brain import regions_figure, responses_figure
from pipeline.reporting.figures.stimuli import stimuli_figure


@pytest.fixture
def overview():
    rows = [
        {"subject": subject, "roi": roi, "voxels": voxels, "left_out": 0}
        for subject in ("sim1", "sim2")
        for roi, voxels in (("language", 80), ("visual", 40))
    ]
    return pd.DataFrame(rows)


def drawn(panel):
    return [list(line.get_ydata()) for line in panel.lines]


def test_without_repeats_voxels_are_drawn_from_zero(overview):
    figure = regions_figure("simulated-sentences", overview)
    (panel,) = figure.axes
    assert panel.get_ylim()[0] == 0
    assert drawn(panel) == [[80, 40], [80, 40]]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["sim1", "sim2"]
    assert "simulated" in figure.get_suptitle()


def test_ceilings_are_drawn_beside_chance_where_they_are_known(overview):
    known = overview.assign(
        ceiling_two_vs_two=[0.7, 0.6, 0.8, 0.5], ceiling_correlation=[0.2, 0.1, 0.3, 0.0]
    )
    _, accuracies, correlations = regions_figure("d", known).axes
    assert drawn(accuracies) == [[0.7, 0.6], [0.8, 0.5], [0.5, 0.5]]
    assert drawn(correlations) == [[0.2, 0.1], [0.3, 0.0], [0.0, 0.0]]
    unknown = overview.assign(ceiling_two_vs_two=np.nan)
    assert len(regions_figure("d", unknown).axes) == 1


def test_voxels_left_out_are_drawn_where_there_are_any(overview):
    _, panel = regions_figure("d", overview.assign(left_out=[0, 3, 0, 1])).axes
    assert drawn(panel) == [[0, 3], [0, 1]]


def test_of_many_regions_the_largest_are_drawn_and_the_title_says_so():
    rows = [{"subject": "s", "roi": f"r{n}", "voxels": 1 + n, "left_out": 0} for n in range(333)]
    figure = regions_figure("d", pd.DataFrame(rows))
    (panel,) = figure.axes
    assert len(panel.get_xticks()) == 30
    assert min(panel.lines[0].get_ydata()) == 304
    assert figure.get_suptitle() == "d (the 30 largest of 333 ROIs)"


def test_the_spread_of_voxels_is_that_of_numpy_whatever_the_blocks(monkeypatch):
    monkeypatch.setattr("pipeline.brains.spread._BLOCK_VALUES", 50)
    values = np.random.default_rng(0).normal(3, 2, (20, 31)).astype(np.float32)
    means, deviations = voxel_moments(values)
    np.testing.assert_allclose(means, values.astype(float).mean(axis=0))
    np.testing.assert_allclose(deviations, values.astype(float).std(axis=0))
    stimuli = Stimuli(tuple(map(str, range(20))), np.array(list(map(str, range(20)))))
    rois = {"a": np.arange(10), "b": np.arange(10, 31)}
    table = voxel_spread(BrainDataset("d", stimuli, {"s": Responses(values, rois)}, "made"))
    expected = np.quantile(values[:, 10:].astype(float).std(axis=0), (0.05, 0.5, 0.95))
    np.testing.assert_allclose(
        table.loc[table.roi == "b", ["sd_05", "sd_50", "sd_95"]].to_numpy()[0], expected
    )


def test_responses_are_drawn_as_ranges_around_medians():
    data = BRAINS["simulated-sentences"].load(brain_settings(n_stimuli=16, n_voxels=5))
    spread = voxel_spread(data)
    means, deviations = responses_figure(data.name, spread).axes
    of_first = spread[spread.subject == "sim1"]
    assert drawn(means)[0] == of_first.mean_50.tolist()
    assert drawn(deviations)[0] == of_first.sd_50.tolist()
    assert deviations.get_ylim()[0] == 0


def test_pictures_are_shown_as_they_are_and_groups_counted():
    data = BRAINS["simulated-pictures"].load(brain_settings(n_stimuli=64, n_voxels=2))
    figure = stimuli_figure(data.name, data.stimuli)
    images = [image for axes in figure.axes for image in axes.get_images()]
    assert len(images) == 40
    assert all(isinstance(image, AxesImage) for image in images)
    np.testing.assert_array_equal(images[0].get_array(), data.stimuli.items[0])
    np.testing.assert_array_equal(images[-1].get_array(), data.stimuli.items[-1])
    assert "40 of 64 stimuli" in figure.get_suptitle()
    heights = [bar.get_height() for bar in figure.axes[-1].patches]
    assert sum(heights) == len(set(data.stimuli.groups.tolist()))


def test_sentences_are_shown_with_their_groups_and_dollars_as_they_are():
    texts = ("It costs $5 or $6.", *(f"Sentence {n} " + "is long " * 30 for n in range(40)))
    stimuli = Stimuli(texts, np.array([f"p{n}" for n in range(41)]))
    figure = stimuli_figure("d", stimuli)
    sentences = [text.get_text() for text in figure.axes[0].texts]
    assert len(sentences) == 2 * 16
    assert sentences[:2] == ["p0", r"It costs \$5 or \$6."]
    assert max(map(len, sentences)) <= 84


def test_groups_of_very_many_sizes_are_a_histogram():
    groups = np.repeat([f"g{n}" for n in range(30)], np.arange(1, 31))
    stimuli = Stimuli(tuple(map(str, range(len(groups)))), groups)
    bars = stimuli_figure("d", stimuli).axes[-1].patches
    assert len(bars) == 16
    assert sum(bar.get_height() for bar in bars) == 30
