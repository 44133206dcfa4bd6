"""Writes the files of BOLD5000 in the formats of both releases, and NIfTI files."""

import h5py
import nibabel
import numpy as np
from brain_settings import brain_settings
from PIL import Image
from scipy.io import savemat

from pipeline.brains.bold5000 import load_bold5000

REGIONS = ("PPA", "LOC", "EarlyVis", "OPA", "RSC")
KEYS = tuple(f"{side}{region}" for region in REGIONS for side in ("LH", "RH"))
TREE = "BOLD5000_Stimuli/Scene_Stimuli/Presented_Stimuli"
AFFINE = np.array([[2.0, 0, 0, -70], [0, 2, 0, -100], [0, 0, 2, -60], [0, 0, 0, 1]])


COCO, NET, SCENE = "COCO_train2014_000000000001.jpg", "n01440764_12.JPEG", "church1.jpg"
OTHER = "n01440764_99.JPEG"
TRIALS = {
    "CSI1": (COCO, NET, SCENE, f"rep_{NET}", COCO, OTHER),
    "CSI2": (SCENE, f"rep_{NET}", COCO, f"rep_{SCENE}"),
}
VOXELS = dict(zip(KEYS, (3, 4, 2, 5, 3, 3, 2, 4, 3, 2), strict=True))


def bare(name):
    return name.removeprefix("rep_")


def load(directory, **settings):
    return load_bold5000(brain_settings(directory, **{"image_size": 8, **settings}))


def write_release(directory):
    """Write a small release 1.0 with two subjects; return their responses."""
    write_images(directory, {bare(n) for names in TRIALS.values() for n in names})
    arrays = {}
    for number, (subject, names) in enumerate(TRIALS.items()):
        write_list(directory, subject, names)
        arrays[subject] = regions(len(names), VOXELS, seed=number)
        write_rois(directory, subject, arrays[subject])
    return arrays


def folder_of(name):
    if name.startswith("COCO_train2014_"):
        return "COCO"
    return "ImageNet" if name.endswith(".JPEG") else "Scene"


def write_images(directory, names, size=(16, 16)):
    rng = np.random.default_rng(7)
    for name in names:
        path = directory / TREE / folder_of(name) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path, format="JPEG")


def write_list(directory, subject, lines):
    path = directory / "ROIs/stim_lists" / f"CSI0{subject[-1]}_stim_lists.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def regions(n_trials, n_voxels, seed):
    """Simulate (n_trials, V) float64 responses with float32 precision for each key."""
    rng = np.random.default_rng(seed)
    return {
        key: rng.standard_normal((n_trials, v), dtype=np.float32).astype(float)
        for key, v in n_voxels.items()
    }


def write_rois(directory, subject, arrays, form="mat", tr="34", compress=True):
    path = directory / f"ROIs/{subject}/{form}/{subject}_ROIs_TR{tr}.{form}"
    path.parent.mkdir(parents=True, exist_ok=True)
    if form == "mat":
        savemat(path, arrays, do_compression=compress)
    else:
        with h5py.File(path, "w") as file:
            for name, values in arrays.items():
                file[name] = values
    return path


def write_nifti(path, values, affine=AFFINE, dtype=np.float32):
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(values.astype(dtype), affine), path)
    return path


def same(one, other):
    """Say whether two datasets are the same up to the response values."""
    subjects = list(one.subjects)
    return (
        subjects == list(other.subjects)
        and one.stimuli.digest == other.stimuli.digest
        and one.stimuli.groups.tolist() == other.stimuli.groups.tolist()
        and all(structure(one.subjects[s]) == structure(other.subjects[s]) for s in subjects)
    )


def structure(responses):
    arrays = (responses.stimulus_rows, responses.repeated, responses.coordinates)
    return (
        responses.values.shape,
        {roi: columns.tolist() for roi, columns in responses.rois.items()},
        None if responses.repeats is None else responses.repeats.shape,
        [None if array is None else array.tolist() for array in arrays],
    )
