"""Layer profiles are drawn over numbered layers, with their errors."""

import pytest

from pipeline.errors import DataError
from pipeline.reporting.sections.layers import layer_figure
from pipeline.reporting.views import views_of


def test_the_layers_of_a_profile_are_numbered_and_every_line_has_its_standard_error(whole_study):
    view = views_of(whole_study.brain_scores)[0]
    drawn = layer_figure(view, whole_study.layer_profile, ["base", "full", "prompt"])
    panel = drawn.figure.axes[-1]
    assert all(float(place).is_integer() for place in panel.get_xticks())
    assert len(panel.collections) == 3  # a band for each method
    low, high = panel.collections[0].get_paths()[0].get_extents().intervaly
    assert low < high
    assert "standard error over subjects" in drawn.caption


def test_layers_that_an_axis_cannot_show_are_refused(make_results):
    named = make_results().layer_profile
    named["layer"] = named["layer"].map("layer_{:02d}".format)
    with pytest.raises(DataError, match="layer_profile: layer: expected numbers"):
        make_results(layer_profile=named)
