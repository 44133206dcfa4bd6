"""Every mistake in the settings of a command is told at once, before anything is computed."""

import pytest

from pipeline.config import AlignConfig, TuneConfig, load_config
from pipeline.errors import ConfigError
from pipeline.tracking.catalogue import catalogue


def test_a_command_names_every_mistake_with_field_value_and_nearest_name():
    values = {
        "base": "tiny-gpt",
        "task": "sumarization",
        "method": "promt",
        "seed": "first",
        "bach_size": "3",
    }
    with pytest.raises(ConfigError) as refusal:
        load_config(TuneConfig, values, catalogue())
    message = str(refusal.value)
    assert message.startswith("5 problems")
    for field, bad_value, meant in (
        ("base", "'tiny-gpt'", "tiny-gpt2"),
        ("task", "'sumarization'", "summarization"),
        ("method", "'promt'", "prompt"),
        ("bach_size", "'bach_size'", "batch_size"),
    ):
        (line,) = [line for line in message.splitlines() if f" {field}: expected" in line]
        assert bad_value in line
        assert f"Did you mean '{meant}'?" in line
    assert "seed: expected a valid integer" in message


def test_words_of_the_command_line_become_numbers():
    config = load_config(
        TuneConfig,
        {"task": "summarization", "method": "prompt", "learning_rate": "1e-3", "max_steps": "7"},
        catalogue(),
    )
    assert (config.learning_rate, config.max_steps) == (1e-3, 7)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"task": "digits", "method": "full"}, "task: expected one for text, as base 'tiny-gpt2'"),
        ({"base": "tiny-vit", "task": "digits", "method": "prompt"}, "method: expected one for im"),
        (
            {"task": "translation", "method": "probe"},
            "method: expected one for a task of generation, .*'probe', which is for class",
        ),
        (
            {"task": "translation", "method": "full", "weight_decay": "-0.5"},
            "weight_decay: expected 0 or more, or -1 for the method's own recipe; found '-0.5'",
        ),
        (
            {"base": "tiny-vit", "task": "image-folder", "method": "full"},
            "data_dir: .*found none given",
        ),
        (
            {"base": "tiny-vit", "task": "mnist", "method": "full", "data_dir": "no/where"},
            "data_dir: .*found 'no/where', which is no directory",
        ),
    ],
)
def test_names_that_do_not_fit_together_are_refused(values, message):
    whole = {"base": "tiny-gpt2", **values}
    with pytest.raises(ConfigError, match=message):
        load_config(TuneConfig, whole, catalogue())


@pytest.mark.parametrize("uri", ["models:/a", "models:/a@b@c", "models:/a/one"])
def test_a_model_is_named_by_alias_or_version(uri):
    values = {"model": uri, "brain": "simulated-sentences"}
    with pytest.raises(ConfigError, match=r"model: expected string should match pattern"):
        load_config(AlignConfig, values, catalogue())


def test_a_search_with_a_learning_rate_of_its_own_is_refused():
    values = {"task": "digits", "base": "tiny-vit", "method": "full", "learning_rate": "0.1"}
    with pytest.raises(ConfigError, match=r"trials: expected 0 with a learning_rate.*found '2'"):
        load_config(TuneConfig, {**values, "trials": "2"}, catalogue())
    assert load_config(TuneConfig, {**values, "trials": "0"}, catalogue()).learning_rate == 0.1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"splits": "a"}, "splits: expected three names of splits"),
        ({"splits": "a,b,c,d"}, "splits: expected three names of splits"),
        ({"splits": ",,"}, "splits: expected three names of splits"),
        ({"splits": "a,b,c"}, "splits: expected a setting that task 'summarization' knows"),
        ({"languages": "en-de"}, "languages: expected a setting that task 'summarization' knows"),
        ({"image_size": "32"}, "image_size: expected a setting that task 'summarization' knows"),
        ({"task": "multi30k", "languages": "klingon"}, "languages: expected two different names"),
        ({"task": "wmt16", "languages": "en-en"}, "languages: expected two different names"),
        ({"task": "wmt16", "languages": "de-fr"}, "languages: expected en and one of cs, de, fi"),
        ({"task": "wmt14", "languages": "xx-en"}, "languages: expected en and one of cs, de, fr"),
        ({"task": "code-summarization", "languages": "cobol"}, "languages: expected one of go, ja"),
        ({"seed": str(2**32)}, "seed: expected less than or equal to 4294967295"),
        ({"max_train": str(10**12)}, "max_train: expected less than or equal to"),
        ({"max_eval": str(10**12)}, "max_eval: expected less than or equal to"),
        ({"shots": str(10**12)}, "shots: expected less than or equal to"),
        ({"max_train": "200000"}, "max_train: expected at most 100,000 examples of a simulated"),
        ({"image_size": str(10**9)}, "image_size: expected less than or equal to"),
    ],
)
def test_settings_that_a_task_does_not_know_or_cannot_have_are_refused_by_field(values, message):
    with pytest.raises(ConfigError, match=message):
        load_config(TuneConfig, {"task": "summarization", "method": "full", **values}, catalogue())


def test_settings_that_a_task_knows_are_taken():
    values = {"task": "wmt16", "method": "full", "languages": "en-ro", "splits": "train,dev,dev"}
    assert load_config(TuneConfig, values, catalogue()).split_names == ("train", "dev", "dev")


def test_languages_that_only_files_can_have_are_refused_without_them(tmp_path):
    values = {"task": "multi30k", "method": "full", "languages": "en-fr"}
    with pytest.raises(ConfigError, match="languages: expected de-en, as the hub has for multi30k"):
        load_config(TuneConfig, values, catalogue())
    load_config(TuneConfig, {**values, "data_dir": str(tmp_path)}, catalogue())
