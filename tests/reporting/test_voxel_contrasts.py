"""Brain pictures of a contrast: what is drawn, what is said of it, and where surfaces are drawn."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.reporting.sections.brain_pictures import SECTION

pytestmark = pytest.mark.slow  # importing nilearn alone takes five seconds


@pytest.fixture(scope="module")
def voxels():
    """Voxels of a shell about as large as the cortex in MNI space; the left ones differ."""
    grid = np.argwhere(np.ones((23, 28, 23))) * 8.0 + [-88, -122, -70]
    shell = grid[np.abs(np.linalg.norm((grid - [0, -18, 10]) / [66, 84, 60], axis=1) - 0.93) < 0.1]
    places = dict(zip("xyz", shell.T, strict=True))
    left = shell[:, 0] < 0
    return pd.DataFrame(
        {
            **{"base": "tiny-gpt2", "brain": "shell", "subject": "s1"},
            **{"method_a": "prompt", "method_b": "full", **places},
            **{"difference": np.where(left, 0.2, -0.01), "passing": left},
        }
    )


@pytest.fixture(scope="module")
def drawn(whole_study, voxels):
    (figure,) = SECTION.content(replace(whole_study, voxel_contrasts=voxels)).blocks
    return figure, figure.draw()


def test_words_say_how_many_voxels_differ_and_for_whom(drawn, voxels):
    named, _ = drawn
    n = int(voxels.passing.sum())
    assert f"{n:,} of {len(voxels):,} voxels differ, {n:,} in favour of prompt tuning" in named.alt
    assert "prompt tuning \u2212 full fine-tuning" in named.title


def test_voxels_at_the_cortex_are_drawn_on_its_surface_in_colours_around_zero(drawn):
    _, figure = drawn
    surfaces = [panel for panel in figure.axes if panel.name == "3d"]
    assert len(surfaces) == 4
    assert all(faces.get_rasterized() for panel in surfaces for faces in panel.collections)
    bar = figure.axes[-1]
    assert bar.get_ylim() == pytest.approx((-0.2, 0.2))


def test_voxels_elsewhere_are_drawn_without_a_surface(whole_study, voxels):
    elsewhere = voxels.assign(x=voxels.x + 400)
    (named,) = SECTION.content(replace(whole_study, voxel_contrasts=elsewhere)).blocks
    assert not [panel for panel in named.draw().axes if panel.name == "3d"]


def test_a_study_without_maps_has_no_such_section(whole_study):
    assert not any(whole_study.has(frame) for frame in SECTION.needs)
