"""A small sound folder for every brain that reads files, in every form that it reads."""

import numpy as np
import pereira_files
from array_folders import GROUPS, WRITERS, content, table, write
from bold5000_files import TRIALS, VOXELS, regions, write_images, write_nifti, write_rois
from bold5000_files import write_list as write_trials
from bold5000_files import write_release as write_bold5000
from brain_settings import brain_settings
from nifti_files import betas, masks, write_folder
from PIL import Image
from scipy.io import savemat
from test_bold5000_betas import write_release as write_betas
from test_coursework import write as write_coursework
from test_digit69 import write as write_digit69

from pipeline.brains import BRAINS
from pipeline.brains.prepared import write_canonical


def pereira(name, made, compressed=True):
    def build(folder):
        for number, subject in enumerate(("P01", "M02")):
            pereira_files.write(folder, subject, name, made(seed=number), compressed)

    return build


def both_experiments(folder):
    for n, name in ((384, pereira_files.N384), (243, pereira_files.N243)):
        pereira_files.write(folder, "P01", name, pereira_files.current(n, seed=n))


def bold5000_h5(folder):
    write_images(folder, {name.removeprefix("rep_") for name in TRIALS["CSI1"]})
    write_trials(folder, "CSI1", TRIALS["CSI1"])
    write_rois(folder, "CSI1", regions(len(TRIALS["CSI1"]), VOXELS, seed=0), form="h5")


def nifti_list(folder):
    """3-D files, an atlas with labels, and an order of the subject's own."""
    write_folder(folder)
    for path in [*(folder / "sub-01/masks").iterdir(), folder / "sub-01/betas.nii.gz"]:
        path.unlink()
    for volume in range(4):
        write_nifti(folder / f"sub-01/betas/{volume}.nii", betas()[..., volume])
    numbers = masks()["V1"] * 7 + masks()["V2"] * 3
    write_nifti(folder / "sub-01/atlas.nii", numbers, dtype=np.int16)
    (folder / "sub-01/labels.csv").write_text("index,name\n7,V1\n3,V2\n")
    (folder / "sub-01/rows.csv").write_text("row\n3\n2\n1\n0\n")


def pictures(folder):
    rng = np.random.default_rng(0)
    for number in range(6):
        pixels = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    rows = [(f"{number}.png", group) for number, group in enumerate(GROUPS)]
    np.savez(table(folder, rows, ("image", "group")) / "s1.npz", **content())


def prepared(folder):
    source = folder.with_name(f"{folder.name}-source")
    source.mkdir()
    write_canonical(BRAINS["arrays"].load(brain_settings(write(source))), folder)


def plain_digit69(folder):
    from test_digit69 import FILE
    from test_digit69 import content as digits

    savemat(folder / FILE, digits(), do_compression=False)


# Case -> brain and what writes its folder.
FOLDERS = {
    "digit69": ("digit69", write_digit69),
    "digit69 plain": ("digit69", plain_digit69),
    "pereira 384": ("pereira2018-384", pereira(pereira_files.N384, pereira_files.current)),
    "pereira 384 plain": (
        "pereira2018-384",
        pereira(pereira_files.N384, pereira_files.current, compressed=False),
    ),
    "pereira 627": ("pereira2018-627", both_experiments),
    "pereira older": (
        "pereira2018-384",
        pereira("examples_384sentences.mat", pereira_files.older),
    ),
    "pereira 180": (
        "pereira2018-180-pictures",
        pereira("data_180concepts_pictures.mat", pereira_files.concepts, compressed=False),
    ),
    "coursework": ("coursework-sentences", write_coursework),
    "bold5000 mat": ("bold5000", write_bold5000),
    "bold5000 h5": ("bold5000", bold5000_h5),
    "bold5000 2.0": ("bold5000-2.0", write_betas),
    "nifti masks": ("nifti", write_folder),
    "nifti list": ("nifti", nifti_list),
    "arrays pictures": ("arrays", pictures),
    **{
        f"arrays {suffix}": ("arrays", lambda folder, suffix=suffix: write(folder, suffix))
        for suffix in WRITERS
    },
    "prepared": ("prepared", prepared),
}
