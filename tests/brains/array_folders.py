"""Folders in the arrays format, as a lab would write them."""

import csv

import h5py
import numpy as np
from brain_settings import brain_settings
from safetensors.numpy import save_file
from scipy.io import savemat

from pipeline.brains.arrays import load_arrays

SENTENCES = [f"Sentence number {i}, with a comma and an é." for i in range(6)]
GROUPS = [f"p{i // 2}" for i in range(6)]


def load(folder):
    return load_arrays(brain_settings(folder))


def table(folder, rows=None, header=("text", "group"), encoding="utf-8"):
    rows = list(zip(SENTENCES, GROUPS, strict=True)) if rows is None else rows
    with (folder / "stimuli.csv").open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return folder


def content(n_rows=6, n_voxels=8, seed=0, **changes):
    rng = np.random.default_rng(seed)
    made = {
        "responses": rng.standard_normal((n_rows, n_voxels)).astype(np.float32),
        "roi/language": np.array([0, 1, 2, 3]),
        "roi/visual": np.arange(n_voxels) >= 3,
        "coordinates": rng.standard_normal((n_voxels, 3)).astype(np.float32),
    }
    return {name: v for name, v in {**made, **changes}.items() if v is not None}


def write_h5(path, arrays):
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array


def write_mat(path, arrays, **options):
    savemat(path, {name.replace("/", "_"): v for name, v in arrays.items()}, **options)


WRITERS = {
    ".npz": lambda path, arrays: np.savez(path, **arrays),
    ".h5": write_h5,
    ".mat": write_mat,
    # safetensors 0.8.0 writes arrays in another order than C as if they were in it.
    ".safetensors": lambda path, arrays: save_file(
        {name: np.ascontiguousarray(array) for name, array in arrays.items()}, path
    ),
}


def write(folder, suffix=".npz", subject="s1", **changes):
    WRITERS[suffix](folder / f"{subject}{suffix}", content(**changes))
    return table(folder)
