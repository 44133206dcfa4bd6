"""Loading takes less than one and a half times one subject's data, whatever the form."""

import nibabel
import numpy as np
import pereira_files
import pytest
from array_folders import WRITERS, table
from bold5000_files import AFFINE, KEYS, write_images, write_list, write_nifti, write_rois
from brain_settings import brain_settings
from loading_memory import traced
from scipy.io import savemat

from pipeline.brains import BRAINS
from pipeline.brains.prepared import write_canonical

N, V = 300, 25_000  # 30 MB in float32: what a loader holds at once must show beside its blocks


def responses(n=N, n_voxels=V, dtype=np.float32):
    return np.random.default_rng(0).standard_normal((n, n_voxels), dtype=np.float32).astype(dtype)


def repeated(folder, n=N, times=3):
    rows = [(f"sentence {i}", f"p{i // 4}", f"{i}") for i in range(n // times)] * times
    return table(folder, rows, ("text", "group", "repeat"))


def once(folder, n=N):
    return table(folder, [(f"sentence {i}", f"p{i // 4}") for i in range(n)])


def ratio(brain, folder, stored, **settings):
    peak, in_memory = traced(brain, folder, **settings)
    return peak / max(stored, in_memory)


@pytest.mark.parametrize(("listed", "dtype"), [(once, np.float32), (repeated, np.float64)])
@pytest.mark.parametrize("suffix", WRITERS)
def test_arrays(tmp_path, suffix, listed, dtype):
    values = responses(dtype=dtype)
    WRITERS[suffix](listed(tmp_path) / f"s{suffix}", {"responses": values, "roi/all": np.arange(V)})
    assert ratio("arrays", tmp_path, values.nbytes) < 1.5


def test_arrays_in_columns(tmp_path):
    values = np.asfortranarray(responses())
    np.savez(repeated(tmp_path) / "s.npz", responses=values, **{"roi/all": np.arange(V)})
    assert ratio("arrays", tmp_path, values.nbytes) < 1.5


def test_arrays_of_which_many_voxels_are_unusable(tmp_path):
    values = responses()
    values[0, ::3] = np.nan
    np.savez(once(tmp_path) / "s.npz", responses=values, **{"roi/all": np.arange(V)})
    assert ratio("arrays", tmp_path, values.nbytes) < 1.5


@pytest.mark.parametrize("form", ["mat", "h5"])
def test_bold5000(tmp_path, form):
    images = [f"scene{i}.jpg" for i in range(200)]
    lines = [*images, *images[:100]]
    arrays = {key: responses(len(lines), 3_000, np.float64) for key in KEYS}
    write_rois(tmp_path, "CSI1", arrays, form=form, compress=False)
    write_list(tmp_path, "CSI1", lines)
    write_images(tmp_path, images, size=(2, 2))
    stored = sum(values.nbytes for values in arrays.values())
    assert ratio("bold5000", tmp_path, stored, image_size=2) < 1.5
    # and even beside what is kept, half of the size of what is stored
    peak, in_memory = traced("bold5000", tmp_path, image_size=2)
    assert peak < 1.5 * in_memory


def test_bold5000_betas(tmp_path):
    shape, n_sessions, n_volumes = (20, 25, 50), 10, 30
    images = [f"scene{i}.jpg" for i in range(n_sessions * n_volumes)]
    for number in range(1, n_sessions + 1):
        name = f"CSI1_GLMbetas-TYPED-FITHRF-GLMDENOISE-RR_ses-{number:02d}.nii"
        write_nifti(tmp_path / name, responses(V, n_volumes).reshape(*shape, n_volumes))
    flat = np.arange(V).reshape(shape)
    for place, key in enumerate(KEYS):
        write_nifti(tmp_path / f"masks/CSI1/{key}.nii", flat // 2500 == place, dtype=np.uint8)
    write_list(tmp_path, "CSI1", images)
    write_images(tmp_path, images, size=(2, 2))
    assert ratio("bold5000-2.0", tmp_path, len(images) * V * 4, image_size=2) < 1.5


@pytest.mark.parametrize("listed", [once, repeated])
def test_nifti(tmp_path, listed):
    listed(tmp_path)
    values = responses(V, N).reshape(20, 25, 50, N)
    write_nifti(tmp_path / "s/betas.nii", values)
    write_nifti(tmp_path / "s/masks/all.nii", np.ones((20, 25, 50)), dtype=np.uint8)
    assert ratio("nifti", tmp_path, values.nbytes) < 1.5


def test_a_list_of_nifti_files(tmp_path):
    once(tmp_path)
    for volume, values in enumerate(responses().reshape(N, 20, 25, 50)):
        path = tmp_path / f"s/betas/{volume:04d}.nii"
        path.parent.mkdir(parents=True, exist_ok=True)
        nibabel.save(nibabel.Nifti1Image(values, AFFINE), path)
    write_nifti(tmp_path / "s/masks/all.nii", np.ones((20, 25, 50)), dtype=np.uint8)
    assert ratio("nifti", tmp_path, N * V * 4) < 1.5


@pytest.mark.parametrize("unusable", [0, 5_000])
@pytest.mark.parametrize("family", ["data", "examples"])
def test_pereira(tmp_path, monkeypatch, family, unusable):
    monkeypatch.setattr(pereira_files, "N_VOXELS", 10_000)
    values = responses(384, 10_000, np.float64)
    values[0, :unusable:2] = np.nan
    if family == "data":
        everything = {"MD": {"MD_1": (1, 10_000)}, "DMN": {"DMN_1": (1, 10_000)},
                      "languageLH": {"l": (1, 5)}, "languageRH": {"r": (5_001, 5_005)},
                      "visual": {"v": (1, 10_000)}}  # fmt: skip
        monkeypatch.setattr(pereira_files, "atlases", lambda: everything)
        content = pereira_files.current(
            examples_passagesentences=values, meta=pereira_files.meta(n_voxels=10_000)
        )
        loader_settings = {"rois": ("task",)}
    else:
        monkeypatch.setattr(pereira_files, "GORDON", {"ROI1_Default_L_1.0_2.0_3.0": (1, 10_000)})
        content, loader_settings = pereira_files.older(examples=values), {}
    pereira_files.write(tmp_path, "P01", f"{family}_384sentences.mat", content, compressed=False)
    assert ratio("pereira2018-384", tmp_path, values.nbytes, **loader_settings) < 1.5


def test_coursework(tmp_path):
    from test_coursework import WIDTHS, write

    folder = write(tmp_path, **{key: responses(627, 3_000, np.float64) for key in WIDTHS})
    (folder / "subj2.npy").unlink()
    assert ratio("coursework-sentences", folder, 4 * 627 * 3_000 * 8) < 1.5


def test_digit69(tmp_path):
    rng = np.random.default_rng(0)
    parts = {f"fmri{part}": responses(n, V, np.float64) for part, n in (("Trn", 90), ("Test", 10))}
    for part, n in (("Trn", 90), ("Test", 10)):
        parts[f"stim{part}"] = rng.integers(0, 256, (n, 784), dtype=np.uint8)
    savemat(tmp_path / "digit69_28x28.mat", parts)
    assert ratio("digit69", tmp_path, 100 * V * 8) < 1.5


def test_a_prepared_copy_is_not_read_at_all(tmp_path):
    np.savez(repeated(tmp_path) / "s.npz", responses=responses(), **{"roi/all": np.arange(V)})
    made = BRAINS["arrays"].load(brain_settings(tmp_path))
    write_canonical(made, tmp_path / "copy")
    peak, in_memory = traced("prepared", tmp_path / "copy")
    assert peak < 0.5 * in_memory
