"""A damaged file of a brain dataset gives one refusal of ours, or a sound dataset.

What carries a checksum gives the very same dataset or none. Elsewhere a changed letter is another
letter and a changed number another number, and nothing can tell; but whatever comes out has
passed every check of a dataset, and no error but ours escapes.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from brain_settings import brain_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loader_folders import FOLDERS

from pipeline.brains import BRAINS
from pipeline.errors import DataError

EXAMPLES = int(os.environ.get("DAMAGE_EXAMPLES", "25"))
CHECKED = {".npz", ".gz", "compressed .mat"}
FOREIGN = [
    b"", b"\0", b"<html>not found</html>" * 30, b"\x89HDF\r\n\x1a\n" + bytes(600),
    b"PK\x05\x06" + bytes(18), b"\x93NUMPY\x01\x00" + bytes(90), b"\xff\xfe" * 200,
]  # fmt: skip
CHANGES = {
    "insert": lambda piece: piece[::-1] + piece,
    "remove": lambda _: b"",
    "blank": lambda piece: bytes(len(piece)),
    "repeat": lambda piece: piece * 2,
}
fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=20_000,
    derandomize="DAMAGE_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def test_every_brain_that_reads_files_is_tried():
    readers = {brain for brain, _ in FOLDERS.values()}
    kinds = {"pereira2018" if name.startswith("pereira") else name for name in readers}
    reading = {name for name, brain in BRAINS.items() if brain.needs_directory}
    assert kinds == {"pereira2018" if n.startswith("pereira") else n for n in reading}


@pytest.fixture(scope="module", params=FOLDERS)
def case(request, tmp_path_factory):
    brain, build = FOLDERS[request.param]
    folder = tmp_path_factory.mktemp("sound") / "data"
    folder.mkdir()
    build(folder)
    files = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    image_settings = {"image_size": 4} if "image_size" in BRAINS[brain].known else {}
    request = brain_settings(folder, **image_settings)
    return brain, request, files, BRAINS[brain].load(request)


@fuzzed
@given(chance=st.data())
def test_damage_is_refused_or_accounted_for(case, chance):
    brain, request, files, sound = case
    path = chance.draw(st.sampled_from(sorted(files, key=lambda p: p.suffix in {".jpg", ".JPEG"})))
    content = damaged(files[path], chance)
    path.write_bytes(content)
    try:
        loaded = BRAINS[brain].load(request)
    except DataError:
        return
    finally:
        path.write_bytes(files[path])
    kind = "compressed .mat" if path.suffix == ".mat" and files[path][128] == 15 else path.suffix
    if kind in CHECKED:
        assert loaded.digest == sound.digest
    if path.suffix in {".mat", ".h5", ".npz", ".safetensors", ".npy", ".nii", ".gz"}:
        assert list(loaded.subjects) == list(sound.subjects)
        assert len(loaded.stimuli) == len(sound.stimuli)


def damaged(content, chance):
    """Flip, cut, insert, remove, blank or repeat bytes, or put something else in their place."""
    how = chance.draw(st.sampled_from(["other", "cut", *CHANGES, "flip", "flip first"]))
    if how == "other" or not content:
        return chance.draw(st.sampled_from(FOREIGN))
    at = chance.draw(st.integers(0, len(content) - 1))
    if how == "cut":
        return content[:at]
    if how in CHANGES:
        end = at + chance.draw(st.integers(1, 64))
        return content[:at] + CHANGES[how](content[at:end]) + content[end:]
    changed = bytearray(content)
    # sizes and types are declared in the first bytes
    last = (min(len(content), 600) if how == "flip first" else len(content)) - 1
    for _ in range(chance.draw(st.integers(1, 4))):
        changed[chance.draw(st.integers(0, last))] = chance.draw(st.integers(0, 255))
    return bytes(changed)


@pytest.mark.slow
@pytest.mark.parametrize("name", FOLDERS)
def test_wide_damage_in_a_process_of_its_own(name):
    """A library that crashes on a damaged file takes this process with it, not the test run."""
    test = f"{__file__}::test_damage_is_refused_or_accounted_for[{name}]"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "DAMAGE_EXAMPLES": "1000"},
    )
    assert done.returncode == 0, done.stdout[-3000:]
