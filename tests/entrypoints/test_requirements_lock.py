"""The lock holds every pin with its hashes, and nothing of the machine that it was made on."""

import re

import pytest

PIN = re.compile(r"^([a-z0-9._-]+)(?:\[.*\])?==([^\s;+]+)", re.MULTILINE | re.IGNORECASE)


def pins(text):
    return {name.lower().replace("_", "-"): version for name, version in PIN.findall(text)}


@pytest.fixture(scope="module")
def lock(repository):
    return (repository / "requirements.lock").read_text()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_pin_is_locked_in_its_version(repository, lock, name):
    pinned = pins((repository / name).read_text())
    locked = pins(lock)
    assert pinned
    assert {name: locked.get(name) for name in pinned} == pinned, "run: make lock"


def test_every_package_of_the_lock_has_hashes(lock):
    for entry in re.split(r"\n(?=\S)", lock.strip()):
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry.splitlines()[0]


def test_the_lock_takes_no_gigabytes_for_a_gpu_and_names_no_place(lock):
    assert not re.search(r"^(nvidia|triton|cuda)", lock, re.MULTILINE)
    assert not re.search(r"://|^-|file:|@ ", lock, re.MULTILINE)
