import nibabel
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from pipeline.brains.formats.nifti.map_files import write_voxel_map
from pipeline.brains.formats.nifti.voxel_grid import find_grid
from pipeline.errors import DataError


@pytest.fixture
def rng():
    return np.random.default_rng(4)


def blob(rng, n_voxels=400):
    """Indices of a random but connected set of voxels."""
    indices = np.argwhere(np.ones((14, 11, 9)))
    distance = np.linalg.norm(indices - [7, 5, 4], axis=1) + rng.uniform(0, 2, len(indices))
    return indices[np.argsort(distance)[:n_voxels]]


def affine(sizes, angles=(0, 0, 0), origin=(-71.5, 12.25, -33.0)):
    made = np.eye(4)
    made[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() * sizes
    made[:3, 3] = origin
    return made


def placed(indices, matrix):
    return (indices @ matrix[:3, :3].T + matrix[:3, 3]).astype(np.float32)


def read_back(path, coordinates):
    """The volume's value at every coordinate, by nibabel alone."""
    image = nibabel.load(path)
    inverse = np.linalg.inv(image.affine)
    indices = nibabel.affines.apply_affine(inverse, coordinates.astype(float))
    np.testing.assert_allclose(indices, indices.round(), atol=0.02)
    return image.get_fdata()[tuple(indices.round().astype(int).T)], image


GRIDS = {
    "millimetres": affine((2.0, 2.0, 2.0)),
    "left to right flipped": affine((-3.0, 3.0, 3.5)),
    "oblique": affine((2.0, 2.0, 2.2), (8, -13, 4)),
    "very oblique": affine((1.5, 2.5, 4.0), (40, 20, -35)),
    "indices": np.eye(4),
}


@pytest.mark.parametrize("name", GRIDS)
def test_a_volume_reads_back_at_the_coordinates_that_were_given(rng, tmp_path, name):
    coordinates = placed(blob(rng), GRIDS[name])
    values = rng.standard_normal((5, 400))
    arrays, picture = write_voxel_map(tmp_path / "maps" / "s1_h.11_r", values, coordinates)
    assert (arrays.name, picture.name) == ("s1_h.11_r.npy", "s1_h.11_r.nii.gz")
    np.testing.assert_array_equal(np.load(arrays), values.astype(np.float32))
    volume_values, image = read_back(picture, coordinates)
    np.testing.assert_allclose(volume_values, values.mean(axis=0), rtol=1e-6)
    assert np.isfinite(image.get_fdata()).sum() == 400
    sizes = np.linalg.norm(GRIDS[name][:3, :3], axis=0)
    np.testing.assert_allclose(sorted(image.header.get_zooms()), sorted(sizes), rtol=1e-4)


def test_without_coordinates_only_arrays_are_written(rng, tmp_path):
    (arrays,) = write_voxel_map(tmp_path / "r2", rng.standard_normal((3, 8)))
    assert [path.name for path in tmp_path.iterdir()] == [arrays.name] == ["r2.npy"]


@pytest.mark.parametrize(
    "indices", [[[4, 5, 6]], [[0, 0, 0], [0, 3, 0]], [[0, 0, 0], [1, 0, 0], [0, 1, 0], [2, 1, 0]]]
)
def test_a_point_a_line_and_a_plane_have_a_grid_too(indices, tmp_path):
    coordinates = placed(np.array(indices), affine((2.0, 2.0, 3.0), (10, 0, 5)))
    values = np.arange(1.0, len(indices) + 1)[None]
    _, picture = write_voxel_map(tmp_path / "few", values, coordinates)
    volume_values, image = read_back(picture, coordinates)
    np.testing.assert_array_equal(volume_values, values[0])
    assert abs(np.linalg.det(image.affine)) > 0.1


def test_the_grid_is_no_larger_than_the_voxels_need(rng):
    indices = blob(rng)
    grid = find_grid(placed(indices, GRIDS["millimetres"]), "s1")
    assert grid.shape == tuple(np.ptp(indices, axis=0) + 1)
    np.testing.assert_array_equal(grid.indices, indices - indices.min(axis=0))


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda c: c + 0.3 * np.sin(np.arange(1200)).reshape(400, 3), "on a common grid"),
        (lambda c: np.vstack([c[:-1], c[:1]]), "voxels that share a place"),
        (lambda c: np.where(np.arange(400)[:, None] == 3, np.nan, c), "finite coordinates"),
        (lambda c: np.vstack([c[:-1], c[:1] + 2e6]), "span a grid of"),
        (lambda c: c[:, :2], r"shape \(n_voxels, 3\); found \(400, 2\)"),
    ],
)
def test_coordinates_without_a_grid_are_refused_before_anything_is_written(
    rng, tmp_path, broken, message
):
    coordinates = broken(placed(blob(rng), GRIDS["millimetres"]).astype(np.float64))
    with pytest.raises(DataError, match=message):
        write_voxel_map(tmp_path / "r", np.zeros((2, 400)), coordinates)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("shape", [(400,), (2, 399)])
def test_values_that_do_not_match_the_coordinates_are_refused(rng, tmp_path, shape):
    with pytest.raises(DataError, match=r"found values of shape \(.*400 coordinates"):
        write_voxel_map(tmp_path / "r", np.zeros(shape), placed(blob(rng), GRIDS["indices"]))
