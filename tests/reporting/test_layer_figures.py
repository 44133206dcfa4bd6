"""Layer profiles are drawn over numbered layers, with their errors."""

from pipeline.reporting.chance import ChanceBand
from pipeline.reporting.sections.layers import layer_figure, layer_means
from pipeline.reporting.views import views_of


def test_the_layers_of_a_profile_are_numbered_and_every_line_has_its_standard_error(whole_study):
    view = views_of(whole_study.brain_scores)[0]
    named = layer_figure(view, whole_study.layer_profile, ChanceBand(), ["base", "full", "prompt"])
    panels = named.draw().axes
    assert len(panels) == 4  # one for each ROI
    assert all(float(place).is_integer() for place in panels[-1].get_xticks())
    assert len(panels[-1].collections) == 3  # a band for each method
    low, high = panels[-1].collections[0].get_paths()[0].get_extents().intervaly
    assert low < high
    assert "standard error over subjects" in named.caption


def test_subjects_weigh_the_same_however_many_tasks_each_has(whole_study):
    rows = whole_study.layer_profile
    first = (rows["roi"] == "LOC") & (rows["direction"] == "encoding") & (rows["layer"] == 3)
    cell = rows[first & (rows["method"] == "full")]
    uneven = cell[(cell["subject"] == "sub-01") | (cell["task"] == "digits")]
    means = uneven.groupby("subject")["two_vs_two"].mean()
    assert layer_means(uneven)["mean"].item() == means.mean()
