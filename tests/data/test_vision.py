"""The image tasks: balanced, disjoint, decided by the seed."""

import numpy as np
import pytest
from few_examples import few_examples
from sklearn.datasets import load_digits

from pipeline.data.forms.pictures import LabelledImages
from pipeline.data.vision import _COLOUR_NAMES, _SHAPE_NAMES, VISION_TASKS, _all_digits, enlarge
from pipeline.worlds.pictures import sample_pictures

TASKS = {task.name: task for task in VISION_TASKS}


def request(**changes):
    return few_examples(**{"max_train": 120, "max_eval": 60, "seed": 0, **changes})


def test_the_image_tasks_that_need_no_files_are_digits_and_shapes():
    assert list(TASKS) == ["digits", "shapes"]
    assert {task.modality for task in VISION_TASKS} == {"image"}


@pytest.mark.parametrize("task", VISION_TASKS, ids=lambda task: task.name)
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

    def test_gives_a_few_of_each_class_where_asked(self, task):
        data = task.load(request(shots=3))
        assert np.bincount(data.train.labels).tolist() == [3] * len(task.classes)
        assert data.test.digest == task.load(request()).test.digest
        assert data.classes == task.classes

    def test_says_where_its_pictures_come_from(self, task):
        assert task.load(request()).source


def test_the_digits_are_those_that_scikit_learn_gives():
    theirs, ours = load_digits(), _all_digits()
    assert np.array_equal(ours.images, enlarge(theirs.images / 16))
    assert np.array_equal(ours.labels, theirs.target)


def test_training_takes_at_most_the_digits_that_testing_leaves():
    for most, count in ((100, 100), (1397, 1397), (5000, 1397)):
        data = TASKS["digits"].load(request(max_train=most, max_eval=200))
        assert len(data.train) == count
    assert len(TASKS["digits"].load(request(max_eval=900)).test) == 359  # a fifth


def test_neither_colour_nor_shape_tells_the_family_of_a_picture():
    """A readout of either attribute alone is at chance or near it; both together tell it."""
    pictures = sample_pictures(240, 0, shapes=_SHAPE_NAMES, colours=_COLOUR_NAMES)
    data = TASKS["shapes"].load(request(max_train=240))
    assert set(data.train.labels) == {0, 1, 2, 3}
    family = {
        (p.shape, p.colour): (_SHAPE_NAMES.index(p.shape) + _COLOUR_NAMES.index(p.colour)) % 4
        for p in pictures
    }
    assert len(family) == 12
    for shape in _SHAPE_NAMES:
        assert len({f for (s, _), f in family.items() if s == shape}) == 3
    for colour in _COLOUR_NAMES:
        assert len({f for (_, c), f in family.items() if c == colour}) == 4


def test_enlarging_keeps_constant_pictures_constant_and_full_scale():
    large = enlarge(np.ones((2, 8, 8)))
    assert large.shape == (2, 32, 32, 3)
    assert (large == 255).all()


def test_enlarging_is_bilinear():
    from scipy.ndimage import zoom

    grey = np.random.default_rng(0).uniform(size=(3, 8, 8))
    expected = zoom(grey, (1, 4, 4), order=1, mode="nearest", grid_mode=True)
    np.testing.assert_allclose(enlarge(grey)[..., 0], 255 * expected, atol=0.51)
