"""A base is found by name or directory, or the refusal says what would serve."""

import time

import pytest

from pipeline.errors import BaseUnreachableError, ConfigError
from pipeline.models.bases import BASES, PRETRAINED, find_base


@pytest.mark.parametrize("name", ["gpt2", "vit_base_patch16_224"])
def test_an_unreachable_hub_is_said_clearly_and_soon(name, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    started = time.monotonic()
    with pytest.raises(BaseUnreachableError, match=r"local cache.*name as base a local directory"):
        BASES[name].folder()
    assert time.monotonic() - started < 20  # importing timm included


def test_a_local_directory_is_a_base():
    base = find_base(str(PRETRAINED / "tiny-vit"))
    assert (base.name, base.modality) == ("tiny-vit", "image")
    assert base.folder() == PRETRAINED / "tiny-vit"


def test_an_unknown_base_is_refused_with_the_nearest_name():
    with pytest.raises(ConfigError, match=r"Did you mean 'tiny-gpt2'"):
        find_base("tiny-gtp2")
