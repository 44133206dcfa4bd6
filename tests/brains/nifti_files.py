"""Writes a folder of the brain nifti."""

import numpy as np
from bold5000_files import write_nifti
from brain_settings import brain_settings

from pipeline.brains.nifti import load_nifti

SHAPE = (4, 5, 3)
LINES = ["text,group,repeat", "a b,p1,x", "c d,p1,", "a b,p1,x", "e f,p2,"]


def betas(seed=0, n=4):
    return np.random.default_rng(seed).standard_normal((*SHAPE, n), dtype=np.float32)


def masks():
    rng = np.random.default_rng(1)
    numbers = rng.integers(0, 3, SHAPE)
    return {"V1": numbers == 1, "V2": numbers == 2, "both": numbers > 0}


def load(directory, **settings):
    return load_nifti(brain_settings(directory, **settings))


def write_folder(tmp_path):
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "stimuli.csv").write_text("\n".join(LINES))
    write_nifti(tmp_path / "sub-01/betas.nii.gz", betas())
    for roi, mask in masks().items():
        write_nifti(tmp_path / f"sub-01/masks/{roi}.nii.gz", mask, dtype=np.uint8)
    return tmp_path
