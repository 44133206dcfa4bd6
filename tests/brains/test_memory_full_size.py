"""The memory of a whole process while it loads full-size files, against one subject's data."""

from pathlib import Path

import numpy as np
import pytest
from array_folders import WRITERS, table
from bold5000_files import KEYS, TREE, folder_of, write_list, write_nifti, write_rois
from brain_settings import brain_settings
from loading_memory import resident
from PIL import Image
from test_bold5000_real_lists import REAL, REAL_VOXELS, real

from pipeline.brains import BRAINS
from pipeline.brains.prepared import write_canonical

pytestmark = pytest.mark.slow
N, V = 627, 76_576  # P01 of Pereira 2018


def responses(n, n_voxels, dtype):
    return np.random.default_rng(0).standard_normal((n, n_voxels), dtype=np.float32).astype(dtype)


def peak_share(name, peak, stored, in_memory):
    """Print and return the peak in units of one subject's data: as stored, or kept if more."""
    sizes = f"stored {stored / 1e6:.0f}, kept {in_memory / 1e6:.0f}"
    print(f"\n{name}: peak {peak / 1e6:.0f} MB, {sizes}: {peak / max(stored, in_memory):.2f} x")
    return peak / max(stored, in_memory)


def small_arrays(folder):
    folder.mkdir()
    np.savez(table(folder) / "s.npz", responses=responses(6, 8, "f4"), **{"roi/a": np.arange(8)})
    return folder


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("suffix", WRITERS)
def test_arrays(tmp_path, suffix, times, dtype):
    values = responses(N, V, dtype)
    rows = [(f"sentence {i}", f"p{i // 4}", f"{i}") for i in range(N // times)] * times
    folder = tmp_path / "large"
    folder.mkdir()
    WRITERS[suffix](
        table(folder, rows, ("text", "group", "repeat")) / f"s{suffix}",
        {"responses": values, "roi/all": np.arange(V)},
    )
    peak, in_memory = resident("arrays", small_arrays(tmp_path / "small"), folder)
    assert (
        peak_share(f"arrays {suffix} {dtype}, {times} times", peak, values.nbytes, in_memory) < 1.5
    )


@real
@pytest.mark.parametrize("form", ["mat", "h5"])
@pytest.mark.parametrize("subject", ["CSI1", "CSI3"])
def test_bold5000_with_the_real_lists(tmp_path, subject, form):
    lines = (REAL / f"CSI0{subject[-1]}_stim_lists.txt").read_text().split()
    bold5000(tmp_path / "large", subject, lines, REAL_VOXELS[subject], form)
    bold5000(tmp_path / "small", subject, lines[:40], [2] * 10, form)
    peak, in_memory = resident(
        "bold5000", tmp_path / "small", tmp_path / "large", image_size=1, subjects=[subject]
    )
    stored = len(lines) * sum(REAL_VOXELS[subject]) * 8
    assert peak_share(f"bold5000 {subject} {form}", peak, stored, in_memory) < 1.5


def bold5000(folder, subject, lines, n_voxels, form):
    arrays = {k: responses(len(lines), v, "f8") for k, v in zip(KEYS, n_voxels, strict=True)}
    write_rois(folder, subject, arrays, form=form, compress=False)
    write_list(folder, subject, lines)
    for name in {line.removeprefix("rep_") for line in lines}:
        path = folder / TREE / folder_of(name) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (1, 1)).save(path, format="PNG")


def test_nifti(tmp_path):
    folders = []
    for name, shape, n in (("small", (2, 2, 2), 6), ("large", (60, 60, 40), 300)):
        folder = tmp_path / name
        folder.mkdir()
        table(folder, [(f"sentence {i}", f"p{i // 4}") for i in range(n)])
        values = responses(int(np.prod(shape)), n, "f4").reshape(*shape, n)
        write_nifti(folder / "s/betas.nii", values)
        write_nifti(folder / "s/masks/all.nii", np.ones(shape), dtype=np.uint8)
        folders.append(folder)
    peak, in_memory = resident("nifti", *folders)
    assert peak_share("nifti, 144,000 voxels", peak, values.nbytes, in_memory) < 1.5


def test_a_prepared_copy(tmp_path):
    """Its pages are the file's own: what the system may drop whenever it needs the memory."""
    small, large = small_arrays(tmp_path / "raw"), tmp_path / "large"
    write_canonical(BRAINS["arrays"].load(brain_settings(small)), tmp_path / "small")
    raw = Path(tmp_path / "rawlarge")
    raw.mkdir()
    table(raw, [(f"sentence {i}", f"p{i // 4}") for i in range(N)])
    np.savez(raw / "s.npz", responses=responses(N, V, "f4"), **{"roi/all": np.arange(V)})
    write_canonical(BRAINS["arrays"].load(brain_settings(raw)), large)
    peak, in_memory = resident("prepared", tmp_path / "small", large)
    assert peak_share("prepared, mapped pages counted", peak, in_memory, in_memory) < 1.5
