"""P01 at full size: 627 real sentences, some 76,000 voxels, in the published form."""

import hashlib
import json
import subprocess
import sys
import time

import numpy as np
import pereira_files as files
import pytest
from loading_memory import ENVIRONMENT, REPOSITORY

REAL = REPOSITORY.parent / "shared" / "data" / "pereira2018" / "stimuli.txt"
# Voxels of P01, as published: language left and right, visual, DMN, MD.
SIZES = {"languageLH": 5265, "languageRH": 6172, "visual": 12829, "DMN": 17190, "MD": 35120}
N_VOXELS = sum(SIZES.values())
READ = """
import hashlib, json, sys, time, tracemalloc
from pathlib import Path
import numpy as np
from brain_settings import brain_settings
from pipeline.brains.pereira import load_pereira
tracemalloc.start()  # the peak a process reports of itself would count its parent's
start = time.monotonic()
data = load_pereira(brain_settings(Path(sys.argv[1])), "627")
seconds = time.monotonic() - start
peak = tracemalloc.get_traced_memory()[1]
p01 = data.subjects["P01"]
found = {"seconds": seconds, "peak": peak, "items": data.stimuli.items, "shape": p01.values.shape}
found["n_groups"] = len(set(data.stimuli.groups[:384]))
found["rois"] = {
    roi: hashlib.sha256(np.ascontiguousarray(p01.values[:, c]).data).hexdigest()
    for roi, c in p01.rois.items()
}
print(json.dumps(found))
"""


def regions():
    ends = np.cumsum(list(SIZES.values()))
    return {
        name: (int(end - size + 1), int(end))
        for (name, size), end in zip(SIZES.items(), ends, strict=True)
    }


def meta(monkeypatch):
    networks = {name: {f"{name}_1": place} for name, place in regions().items()}
    monkeypatch.setattr(files, "atlases", lambda: networks)
    return files.meta(n_voxels=N_VOXELS)


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_file(), reason="no ../shared/data/pereira2018/stimuli.txt")
@pytest.mark.parametrize("compressed", [True, False])
def test_a_subject_of_full_size_is_read_exactly_within_bounded_memory(
    tmp_path, monkeypatch, compressed
):
    sentences = [line.strip() for line in REAL.read_text(encoding="utf-8").splitlines()]
    blocks = []
    for first, n, name in ((0, 384, "384"), (384, 243, "243")):
        values = np.random.default_rng(n).normal(size=(n, N_VOXELS))
        # MATLAB's own precision is kept on disk; coarse numbers only make compressing bearable.
        values = np.round(values, 2).astype(np.float32).astype(np.float64)
        content = files.current(
            n,
            examples_passagesentences=values,
            keySentences=files.cells(sentences[first : first + n]),
            meta=meta(monkeypatch),
        )
        files.write(tmp_path, "P01", f"data_{name}sentences.mat", content, compressed)
        blocks.append(values.astype(np.float32))
        del values, content
    report = read_in_a_process_of_its_own(tmp_path)
    assert report["items"] == sentences
    assert report["shape"] == [627, N_VOXELS]
    assert report["n_groups"] == 96
    expected = np.concatenate(blocks)
    for roi, names in {"language": ["languageLH", "languageRH"], "dmn": ["DMN"], "task": ["MD"],
                       "visual": ["visual"]}.items():  # fmt: skip
        columns = np.concatenate([np.arange(regions()[n][0] - 1, regions()[n][1]) for n in names])
        assert report["rois"][roi] == digest(expected[:, columns])
    one_subject = 627 * N_VOXELS * 8
    print(f"\n{report['seconds']:.1f} s, {report['peak'] / one_subject:.2f} x one subject's data")
    assert 627 * N_VOXELS * 4 <= report["peak"] < 1.5 * one_subject


def read_in_a_process_of_its_own(folder):
    command = [sys.executable, "-c", READ, str(folder)]
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT)
    assert time.monotonic() - began < 300
    return json.loads(done.stdout)


def digest(values):
    return hashlib.sha256(np.ascontiguousarray(values).data).hexdigest()
