"""The simulated pictures show what they say, and the factors say what they show."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from pipeline.worlds.pictures import (
    COLOURS,
    LAYOUTS,
    SHAPES,
    Picture,
    draw,
    draw_all,
    exemplar,
    lowlevel_factors,
    object_factors,
    sample_pictures,
    scene_factors,
)

QUIET = Picture("circle", "red", "plain", noise=0.0)


def test_the_world_is_as_rich_as_promised():
    assert len(SHAPES) >= 8
    assert len(COLOURS) >= 6
    assert len(LAYOUTS) >= 6


def test_the_same_seed_gives_the_same_pictures():
    first, second, other = (sample_pictures(20, seed) for seed in (3, 3, 4))
    assert first == second
    assert first != other
    np.testing.assert_array_equal(draw_all(first, 5), draw_all(second, 5))
    assert (draw_all(first, 5) != draw_all(first, 6)).any()


def test_a_round_number_of_pictures_is_balanced_over_shape_and_colour():
    pictures = sample_pictures(2 * len(SHAPES) * len(COLOURS), seed=0)
    counts = Counter((p.shape, p.colour) for p in pictures)
    assert set(counts.values()) == {2}
    assert len(counts) == len(SHAPES) * len(COLOURS)


@pytest.mark.parametrize("n", [0, 1, 17])
def test_any_number_of_pictures_is_as_balanced_as_it_can_be(n):
    pictures = sample_pictures(n, seed=1, shapes=("star", "bar"), colours=("red", "blue"))
    assert len(pictures) == n
    assert draw_all(pictures, 0).shape == (n, 32, 32, 3)
    counts = Counter((p.shape, p.colour) for p in pictures)
    assert n == 0 or max(counts.values()) - min(counts.values()) <= 1


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_appears_in_its_colour_at_its_place_and_size(shape):
    seen = replace(QUIET, shape=shape, colour="green", x=20.0, y=12.0, size=8.0)
    image = draw(seen, 0).astype(int)
    rows, columns = np.nonzero(image[..., 1] - image[..., 0] > 80)
    assert 25 < len(rows) < np.pi * 8**2
    assert np.hypot(columns + 0.5 - 20, rows + 0.5 - 12).max() < 8 * 1.15
    assert abs(columns.mean() + 0.5 - 20) < 2.6
    assert abs(rows.mean() + 0.5 - 12) < 2.6


@pytest.mark.parametrize("shape", SHAPES)
def test_no_two_shapes_look_alike(shape):
    outlines = {name: draw(replace(QUIET, shape=name), 0).astype(float) for name in SHAPES}
    others = [np.abs(outlines[shape] - outlines[o]).mean() for o in SHAPES if o != shape]
    assert min(others) > 3


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_can_be_drawn_and_shows_at_the_edge(layout):
    image = draw(replace(QUIET, layout=layout), 0)
    assert image.dtype == np.uint8
    varies = float(np.ptp(image[:, [0, 1, 30, 31]].astype(int), axis=(0, 1)).max())
    assert (varies > 30) == (layout not in ("plain", "frame"))


def test_contrast_fades_the_shape_into_the_scene():
    faint, full = (draw(replace(QUIET, contrast=c), 0).astype(float) for c in (0.3, 1.0))
    scene = draw(replace(QUIET, contrast=0.0), 0).astype(float)
    assert np.abs(faint - scene).mean() < 0.5 * np.abs(full - scene).mean()


def test_noise_has_the_standard_deviation_asked_for():
    clean, noisy = draw(QUIET, 0), draw(replace(QUIET, noise=0.05), 0)
    spread = (noisy.astype(float) - clean)[:, :4].std() / 255
    assert spread == pytest.approx(0.05, rel=0.15)


def test_rotation_turns_the_shape_but_not_a_circle():
    def turned(shape, rotation):
        return draw(replace(QUIET, shape=shape, rotation=rotation), 0).astype(int)

    assert np.abs(turned("bar", 0.0) - turned("bar", 0.5)).max() > 100
    assert np.abs(turned("circle", 0.0) - turned("circle", 0.5)).max() <= 1


def test_an_exemplar_keeps_identity_and_changes_the_rest():
    again = exemplar(QUIET, np.random.default_rng(0))
    assert again.identity == QUIET.identity == "red-circle-plain"
    assert (again.x, again.y, again.size) != (QUIET.x, QUIET.y, QUIET.size)


def test_each_kind_of_factor_sees_its_own_attributes_only():
    other_object = replace(QUIET, shape="star", size=7.0)
    other_scene = replace(QUIET, layout="checker")
    other_surface = replace(QUIET, colour="blue", x=12.0, rotation=0.3, contrast=0.7)
    for factors, changed in (
        (object_factors, other_object),
        (scene_factors, other_scene),
        (lowlevel_factors, other_surface),
    ):
        for picture in (other_object, other_scene, other_surface):
            same = np.array_equal(factors(picture), factors(QUIET))
            assert same == (picture is not changed)


def test_factors_of_all_pictures_fit_one_matrix():
    pictures = sample_pictures(54, seed=2)
    for factors in (object_factors, scene_factors, lowlevel_factors):
        matrix = np.stack([factors(p) for p in pictures])
        assert matrix.dtype == np.float64
        assert np.isfinite(matrix).all()
        assert np.linalg.matrix_rank(matrix - matrix.mean(axis=0)) >= 6
