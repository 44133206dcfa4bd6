"""A base is found by name, directory or hub id, or the refusal says what would serve."""

import json
import shutil
import subprocess
import sys
import time

import pytest
import transformers
from vision_architectures import VISION, timm_folder

from pipeline.errors import BaseUnreachableError, ConfigError
from pipeline.models import hub_bases
from pipeline.models.bases import BASES, PRETRAINED, find_base, short_name
from pipeline.models.travelling.card import base_digest

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """Put an empty cache in the place of the real one."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["gpt2", "bert-base-uncased", "vit_base_patch16_224"])
def test_an_unreachable_hub_is_said_clearly_and_soon(name, cache):
    started = time.monotonic()
    with pytest.raises(BaseUnreachableError, match=r"local cache.*name as base a local directory"):
        BASES[name].folder()
    assert time.monotonic() - started < 5


def test_a_snapshot_without_weights_is_not_taken_for_a_base(cache):
    snapshot = cache / "models--org--name" / "snapshots" / COMMIT
    shutil.copytree(PRETRAINED / "tiny-bert", snapshot)
    (snapshot / "model.safetensors").unlink()
    with pytest.raises(BaseUnreachableError, match=f"org/name at {COMMIT}"):
        find_base(f"org/name@{COMMIT}").folder()


def test_a_pinned_revision_is_read_from_the_cache_and_remembered(cache):
    snapshot = cache / "models--org--name" / "snapshots" / COMMIT
    shutil.copytree(PRETRAINED / "tiny-bert", snapshot)
    base = find_base(f"org/name@{COMMIT}")
    assert (base.name, base.modality) == ("name", "text")
    assert base.folder() == snapshot
    assert hub_bases.revision_of(snapshot) == COMMIT
    assert hub_bases.revision_of(PRETRAINED) == ""


def test_a_local_directory_is_a_base():
    base = find_base(str(PRETRAINED / "tiny-vit"))
    assert (base.name, base.modality) == ("tiny-vit", "image")
    assert base.folder() == PRETRAINED / "tiny-vit"


def test_all_that_is_wrong_with_a_directory_is_told_at_once(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "no-such"}))
    (tmp_path / "pytorch_model.bin").write_bytes(b"never read")
    with pytest.raises(ConfigError) as refusal:
        find_base(str(tmp_path)).folder()
    message = str(refusal.value)
    assert message.startswith("3 problems")
    for part in ("model_type", "tokenizer", "only pytorch_model.bin, a pickle"):
        assert part in message


@pytest.mark.parametrize("size", [0, 5, 1000])
def test_damaged_weights_are_refused(tmp_path, size):
    shutil.copytree(PRETRAINED / "tiny-bert", tmp_path, dirs_exist_ok=True)
    whole = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(whole[:size])
    with pytest.raises(ConfigError, match=r"model.safetensors: expected whole safetensors weights"):
        find_base(str(tmp_path)).folder()


def test_weights_in_several_files_are_a_base_and_all_of_them_count(tmp_path, text_model):
    text_model("tiny-gpt2", "generation").network.save_pretrained(tmp_path, max_shard_size="1MB")
    shutil.copy(PRETRAINED / "tiny-gpt2" / "tokenizer.json", tmp_path)
    shards = sorted(tmp_path.glob("*.safetensors"))
    assert len(shards) > 1
    assert find_base(str(tmp_path)).folder() == tmp_path
    before = base_digest(tmp_path)
    content = bytearray(shards[-1].read_bytes())
    content[-1] ^= 1
    shards[-1].write_bytes(content)
    assert base_digest(tmp_path) != before
    shards[-1].unlink()
    with pytest.raises(ConfigError, match=rf"{shards[-1].name}: expected weights"):
        find_base(str(tmp_path)).folder()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"architecture": "no_such_net"}, r"architecture of timm's.*'no_such_net'"),
        ({"model_args": {"no_such_argument": 1}}, r"architecture of timm's.*no_such_argument"),
        ({"architecture": {"img_size": 32}}, r"architecture of timm's"),
    ],
)
def test_a_vision_base_that_timm_cannot_make_is_refused(tmp_path, config, message):
    folder = shutil.copytree(PRETRAINED / "tiny-vit", tmp_path / "vit")
    whole = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**whole, **config}))
    with pytest.raises(ConfigError, match=message):
        find_base(str(folder)).folder()


def test_a_vision_base_for_pictures_that_are_no_squares_is_refused(tmp_path):
    timm_folder(tmp_path / "wide", *VISION["resnet"], input_size=(3, 32, 64))
    with pytest.raises(ConfigError, match=r"input_size: expected a square; found 32 x 64"):
        find_base(str(tmp_path / "wide")).folder()


def test_a_vision_base_for_pictures_without_colours_is_refused(tmp_path):
    name, settings = VISION["vit"]
    timm_folder(tmp_path / "grey", name, {**settings, "in_chans": 1}, input_size=(1, 32, 32))
    with pytest.raises(ConfigError, match=r"expected pictures of three colours; found 1"):
        find_base(str(tmp_path / "grey")).folder()


@pytest.mark.parametrize("interpolation", ["lanczos", "random", "nearest"])
def test_an_interpolation_that_is_not_known_here_is_refused(tmp_path, interpolation):
    folder = shutil.copytree(PRETRAINED / "tiny-vit", tmp_path / "vit")
    config = json.loads((folder / "config.json").read_text())
    config.setdefault("pretrained_cfg", config)["interpolation"] = interpolation
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ConfigError, match=rf"one of bilinear, bicubic; found '{interpolation}'"):
        find_base(str(folder)).folder()


def test_a_name_of_timm_alone_is_refused_with_the_form_that_is_read():
    with pytest.raises(ConfigError, match=r"one of timm's as timm/name; found 'vit_tiny_patch16"):
        find_base("vit_tiny_patch16_224")


def test_an_unknown_base_is_refused_with_the_nearest_name():
    with pytest.raises(ConfigError, match=r"Did you mean 'tiny-gpt2'"):
        find_base("tiny-gtp2")


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("gpt2", "gpt2"),
        (f"org/name@{COMMIT}", "name"),
        ("timm/vit_tiny.augreg", "vit_tiny.augreg"),
        (str(PRETRAINED / "tiny-vit"), "tiny-vit"),
    ],
)
def test_runs_and_registered_models_have_short_names(name, short):
    assert short_name(name) == short


def test_listing_the_bases_needs_no_deep_learning_library():
    code = "import sys, pipeline.models.bases; print('torch' in sys.modules)"
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == "False"


@pytest.mark.parametrize(("names", "defect"), [
    ((), "one without a vocabulary"),
    (("vocab.json",), "none that can be read|one without a vocabulary"),
])  # fmt: skip
@pytest.mark.parametrize("kind", ["gpt2", "t5"])
def test_a_directory_without_a_vocabulary_is_refused(architecture, tmp_path, kind, names, defect):
    folder = shutil.copytree(architecture(kind), tmp_path / kind)
    for path in folder.glob("*token*"):
        path.unlink()
    for name in names:
        (folder / name).write_text("{")
    with pytest.raises(ConfigError, match=rf"tokenizer: expected tokenizer.json.*({defect})"):
        find_base(str(folder)).folder()


@pytest.mark.parametrize("kind", ["ByT5Tokenizer", "CanineTokenizer"])
def test_a_tokenizer_of_bytes_or_characters_needs_no_vocabulary(architecture, tmp_path, kind):
    folder = shutil.copytree(architecture("t5"), tmp_path / "bytes")
    for path in folder.glob("*token*"):
        path.unlink()
    getattr(transformers, kind)().save_pretrained(folder)
    assert not (folder / "tokenizer.json").exists()
    assert find_base(str(folder)).folder() == folder


def test_a_directory_with_half_a_tokenizer_is_refused(tmp_path):
    folder = shutil.copytree(PRETRAINED / "tiny-gpt2", tmp_path / "half")
    (folder / "tokenizer.json").write_text('{"half": ')
    with pytest.raises(ConfigError, match=r"tokenizer.json: expected a tokenizer, in JSON"):
        find_base(str(folder)).folder()
