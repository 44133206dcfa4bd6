"""The image tasks: balanced, disjoint, decided by the seed."""

import numpy as np
import pytest

from pipeline.data.task import LabelledImages, TaskRequest
from pipeline.data.vision import VISION_TASKS, enlarge
from pipeline.errors import DataError

FREE_TASKS = [task for task in VISION_TASKS if not task.needs_directory]
TASKS = {task.name: task for task in VISION_TASKS}


def request(**changes):
    return TaskRequest(**{"max_train": 120, "max_eval": 60, "seed": 0, **changes})


def test_the_image_tasks_are_digits_shapes_and_mnist():
    assert list(TASKS) == ["digits", "shapes", "mnist"]
    assert {task.modality for task in VISION_TASKS} == {"image"}


@pytest.mark.parametrize("task", FREE_TASKS, ids=lambda task: task.name)
class TestEveryTaskThatNeedsNoFiles:
    def test_gives_pictures_and_classes_in_the_sizes_asked_for(self, task):
        data = task.load(request())
        for split, n in ((data.train, 120), (data.validation, 60), (data.test, 60)):
            assert isinstance(split, LabelledImages)
            assert split.images.shape == (n, 32, 32, 3)
            assert split.images.dtype == np.uint8
            assert split.labels.dtype == np.int64
            assert set(split.labels) == set(range(len(task.classes)))

    def test_gives_the_classes_in_equal_shares(self, task):
        data = task.load(request())
        for split in (data.train, data.validation, data.test):
            counts = np.bincount(split.labels)
            assert np.ptp(counts) <= 1

    def test_has_no_picture_in_two_splits(self, task):
        data = task.load(request())
        splits = (data.train, data.validation, data.test)
        pictures = [image.tobytes() for split in splits for image in split.images]
        assert len(set(pictures)) == len(pictures)

    def test_follows_the_seed(self, task):
        first, again, other = (task.load(request(seed=seed)).digest for seed in (1, 1, 2))
        assert first == again != other

    def test_says_where_its_pictures_come_from(self, task):
        assert task.load(request()).source


def test_all_digits_can_be_used_and_no_more():
    data = TASKS["digits"].load(request(max_train=1397, max_eval=200))
    assert len(data.train) == 1397
    with pytest.raises(DataError, match=r"at most 1797 examples.*found 1398 \+ 2 x 200 = 1798"):
        TASKS["digits"].load(request(max_train=1398, max_eval=200))


def test_a_shape_never_tells_the_class_of_shapes_without_its_colour():
    classes = TASKS["shapes"].classes
    colours, shapes = zip(*(name.split() for name in classes), strict=True)
    assert len(set(classes)) == len(set(colours)) * len(set(shapes)) == 12


def test_enlarging_keeps_constant_pictures_constant_and_full_scale():
    large = enlarge(np.ones((2, 8, 8)))
    assert large.shape == (2, 32, 32, 3)
    assert (large == 255).all()


def test_enlarging_is_bilinear():
    from scipy.ndimage import zoom

    grey = np.random.default_rng(0).uniform(size=(3, 8, 8))
    expected = zoom(grey, (1, 4, 4), order=1, mode="nearest", grid_mode=True)
    np.testing.assert_allclose(enlarge(grey)[..., 0], 255 * expected, atol=0.51)
