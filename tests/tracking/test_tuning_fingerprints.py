"""All that decides what a base or its scorer computes makes another tuning."""

import json
import shutil

import pytest

from pipeline.models.bases import PRETRAINED
from pipeline.tracking.stages.tune.inputs import tune_request
from pipeline.tracking.stages.tune.stage import run_tune


def edited_json(folder, name, edit):
    content = json.loads((folder / name).read_text())
    edit(content)
    (folder / name).write_text(json.dumps(content))


def other_heads(folder):
    edited_json(folder, "config.json", lambda config: config.update(n_head=2))


def exchanged_tokens(folder):
    def exchange(tokenizer):
        words = tokenizer["model"]["vocab"]
        first, second = list(words)[20:22]
        words[first], words[second] = words[second], words[first]

    edited_json(folder, "tokenizer.json", exchange)


def other_writing(folder):
    edited_json(folder, "generation_config.json", lambda config: config.update(num_beams=3))


def other_tokenizer_settings(folder):
    edited_json(folder, "tokenizer_config.json", lambda config: config.update(do_lower_case=True))


def other_colours(folder):
    edited_json(folder, "config.json", lambda config: config.update(mean=[0.1, 0.2, 0.3]))


def further_settings(folder):
    (folder / "preprocessor_config.json").write_text("{}")


def further_vocabulary(folder):
    (folder / "source.spm").write_bytes(b"pieces of a Marian tokenizer")


@pytest.mark.parametrize(
    ("name", "task", "edit"),
    [
        ("tiny-gpt2", "summarization", further_vocabulary),
        ("tiny-gpt2", "summarization", other_heads),
        ("tiny-gpt2", "summarization", exchanged_tokens),
        ("tiny-gpt2", "summarization", other_writing),
        ("tiny-gpt2", "summarization", other_tokenizer_settings),
        ("tiny-vit", "digits", other_colours),
        ("tiny-vit", "digits", further_settings),
    ],
)
def test_the_same_weights_under_other_settings_are_another_base(
    config_of, tmp_path, name, task, edit
):
    folders = tmp_path / "first" / name, tmp_path / "second" / name
    for folder in folders:
        shutil.copytree(PRETRAINED / name, folder)
    first, second = (config_of(str(folder), task, "full") for folder in folders)
    assert tune_request(first).fingerprint(run_tune) == tune_request(second).fingerprint(run_tune)
    edit(folders[1])
    assert tune_request(first).fingerprint(run_tune) != tune_request(second).fingerprint(run_tune)


def test_the_same_base_under_another_name_is_another(config_of, tmp_path):
    """Its versions are registered under its own name."""
    folder = shutil.copytree(PRETRAINED / "tiny-gpt2", tmp_path / "my-gpt2")
    configs = [config_of(base, "summarization", "full") for base in ("tiny-gpt2", str(folder))]
    first, second = (tune_request(config).fingerprint(run_tune) for config in configs)
    assert first != second


def test_what_is_no_file_of_a_base_makes_no_other(config_of, tmp_path):
    folder = tmp_path / "tiny-gpt2"
    shutil.copytree(PRETRAINED / "tiny-gpt2", folder)
    config = config_of(str(folder), "summarization", "full")
    before = tune_request(config).fingerprint(run_tune)
    (folder / "README.md").write_text("# A base\n")
    (folder / "checkpoint").mkdir()
    assert tune_request(config).fingerprint(run_tune) == before


@pytest.mark.parametrize(("base", "task", "same"), [
    ("tiny-gpt2", "summarization", False),
    ("tiny-vit", "digits", True),  # nothing is scored with it
])  # fmt: skip
def test_another_model_behind_bertscore_makes_another_tuning_where_texts_are_scored(
    config_of, tmp_path, base, task, same
):
    folder = tmp_path / "scorer"
    shutil.copytree(PRETRAINED / "tiny-bert", folder)
    config = config_of(base, task, "full", bertscore_model=str(folder))
    before = tune_request(config).fingerprint(run_tune)
    exchanged_tokens(folder)
    assert (tune_request(config).fingerprint(run_tune) == before) is same


@pytest.mark.parametrize(
    ("method", "setting", "same"),
    [
        ("base", {"max_steps": 7}, True),
        ("base", {"batch_size": 3, "learning_rate": 0.1}, True),
        ("base", {"prompt_length": 9}, True),
        ("base", {"seed": 1}, False),
        ("base", {"max_train": 5}, False),
        ("random-prompt", {"max_steps": 7}, True),
        ("random-prompt", {"prompt_length": 9}, False),
        ("full", {"max_steps": 7}, False),
    ],
)
def test_how_to_train_makes_another_tuning_only_where_something_is_trained(
    config_of, method, setting, same
):
    config = config_of("tiny-gpt2", "summarization", method)
    other = config.model_copy(update=setting)
    marks = [tune_request(c).fingerprint(run_tune) for c in (config, other)]
    assert (marks[0] == marks[1]) is same
