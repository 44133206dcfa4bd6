"""Writes files in the published forms of Pereira 2018, with small made-up content."""

import numpy as np
from brain_settings import brain_settings
from scipy.io import savemat

from pipeline.brains.pereira import load_pereira

N384, N243 = "data_384sentences.mat", "data_243sentences.mat"

N_VOXELS = 60
NETWORKS = {
    "MD": [(1, 12)], "DMN": [(10, 20)], "languageLH": [(21, 25), (26, 30)],
    "languageRH": [(31, 36)], "visual_body": [(40, 42)], "visual_face": [(43, 44)],
    "visual_object": [(45, 47)], "visual_scene": [(48, 49)], "visual": [(40, 55)],
}  # fmt: skip
OTHERS = (
    "aal_1ofN",
    "languageParcelsConservative_aal",
    "languageParcels_aal",
    "semantic_aal",
    "multipleDemand_aal",
)
GORDON = {
    "ROI241_VentralAttn_R_48.1_38.3_-9.2": (1, 7),
    "ROI1_Default_L_-11.2_-52.4_36.5": (8, 19),
    "ROI2_Default_R_1.0_2.0_3.0": (20, 30),
    "ROI3_Visual_L_1.0_2.0_3.5": (41, 60),
}


def span(first, last):
    return np.arange(first, last + 1, dtype=np.float64).reshape(-1, 1)


def cells(values):
    """Make a column of cells: each a line of text, numbers or cells in turn."""
    made = np.empty((len(values), 1), dtype=object)
    for at, value in enumerate(values):
        made[at, 0] = value
    return made


def sentences(n, seed=0):
    return [f"Sentence {seed}-{i} says no more than itself." for i in range(n)]


def responses(n, n_voxels=N_VOXELS, seed=0):
    return np.random.default_rng(seed).normal(size=(n, n_voxels))


def atlases():
    parcels_by_atlas = {name: {"left_part": (2, 5), "right_part": (6, 8)} for name in OTHERS}
    parcels_by_atlas |= {
        name: {f"{name}_{at}": place for at, place in enumerate(spans)}
        for name, spans in NETWORKS.items()
    }
    return {**parcels_by_atlas, "gordon": GORDON}


def meta(shift=0, n_voxels=N_VOXELS):
    made = atlases()
    return {
        "atlases": cells(list(made)),
        "rois": cells([cells(list(rois)) for rois in made.values()]),
        "roiColumns": cells(
            [cells([span(*place) + shift for place in rois.values()]) for rois in made.values()]
        ),
        "colToCoord": np.arange(3.0 * n_voxels).reshape(n_voxels, 3),
        "dimx": 91.0,
    }


def passages(n):
    n_passages = (n + 3) // 4
    return {
        "labelsPassageForEachSentence": (np.arange(n) // 4 + 1.0).reshape(-1, 1),
        "labelsPassageCategory": (np.arange(n_passages) % 3 + 1.0).reshape(1, -1),
        "keyPassageCategory": cells(["Fruit", "Body_part", "Crime"]).T,
    }


def current(n=384, seed=0, **changes):
    """Content of data_384sentences.mat or data_243sentences.mat."""
    made = {
        "examples_passagesentences": responses(n, seed=seed),
        "examples_passages": responses(4, seed=9),
        "keySentences": cells([np.array([s], dtype=object) for s in sentences(n, n)]),
        **passages(n),
        "meta": meta(),
    }
    return {k: v for k, v in {**made, **changes}.items() if v is not None}


def concepts(seed=0, **changes):
    """Content of data_180concepts_*.mat."""
    words = [f"concept {i}" for i in range(180)]
    return {
        "examples": responses(180, seed=seed),
        "keyConcept": cells(words),
        "meta": meta(),
        **changes,
    }


def older(n=384, seed=0, **changes):
    """Content of examples_*.mat."""
    mask = np.zeros((1, N_VOXELS), dtype=np.uint16)
    for number, (first, last) in enumerate(GORDON.values(), start=1):
        mask[0, first - 1 : last] = number
    return {
        "examples": responses(n, seed=seed),
        "keySentences": cells(sentences(n, n)),
        "keyPassages": cells([f"passage {i}" for i in range((n + 3) // 4)]),
        **passages(n),
        "meta": {
            "roisGordon": cells(list(GORDON)),
            "roiMultimaskGordon": mask,
            "roisAAL": cells(["Frontal_Sup_L", "Frontal_Sup_R"]),
            "roiColumnsAAL": cells([span(1, 10), span(11, 15)]),
        },
        **changes,
    }


def write(directory, subject, name, content, compressed=True):
    folder = directory / subject
    folder.mkdir(exist_ok=True, parents=True)
    savemat(folder / name, content, do_compression=compressed)
    return folder / name


def write_whole(folder):
    """P01 has everything, M02 and M08 the 384 sentences, M03 the 243."""
    write(folder, "P01", N384, current(seed=1))
    write(folder, "P01", N243, current(243, seed=2))
    write(folder, "M02", N384, current(seed=3), compressed=False)
    write(folder, "M03", N243, current(243, seed=4))
    write(folder, "P01", "data_180concepts_pictures.mat", concepts(seed=5))
    write(folder, "M08", "examples_384sentences.mat", older(seed=6))
    (folder / "notes").mkdir()
    return folder


def load(directory, experiment, rois=(), **settings):
    return load_pereira(brain_settings(directory, rois=rois, **settings), experiment)


def one(tmp_path, subject="P01", name=N384, **changes):
    return write(tmp_path, subject, name, current(**changes)).parents[1]
