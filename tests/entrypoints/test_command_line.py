"""An entry point explains itself, and answers every mistake with one message and status 2."""

import subprocess
import sys
from typing import get_args

import pytest

from entrypoints.command_line import read_command
from entrypoints.options import options_of
from pipeline.config import AlignConfig, PowerConfig, PrepareConfig, TuneConfig
from pipeline.data import TASKS
from pipeline.errors import ConfigError
from pipeline.models.bases import BASES
from pipeline.tracking.catalogue import catalogue
from pipeline.tuning.methods import METHODS


def test_help_names_every_setting_its_type_and_its_default():
    text = options_of(TuneConfig).format_help()
    for name, field in TuneConfig.model_fields.items():
        assert f"--{name} " in text
        if not field.is_required():
            assert repr(field.default) in text


@pytest.mark.parametrize("model", [TuneConfig, PrepareConfig, AlignConfig, PowerConfig])
def test_help_lists_the_values_of_every_setting_that_has_a_few(model):
    text = "".join(options_of(model).format_help().split())
    chosen = {name: get_args(field.annotation) for name, field in model.model_fields.items()}
    assert any(chosen.values())
    for name, values in chosen.items():
        assert not values or f"--{name}{{{','.join(filter(None, values))}}}" in text


def test_options_that_do_not_exist_are_told_with_all_other_mistakes():
    arguments = ["--task", "sumarization", "--method", "prompt", "--promt_length", "3"]
    with pytest.raises(ConfigError, match=r"(?s)2 problems.*'prompt_length'.*'summarization'"):
        read_command(TuneConfig, arguments)


def test_abbreviated_options_are_not_guessed():
    with pytest.raises(ConfigError, match=r"unknown|known setting"):
        read_command(TuneConfig, ["--task", "digits", "--meth", "full"])


def test_a_stray_word_and_a_repeated_option_are_mistakes():
    arguments = ["word", "--task", "digits", "--task", "shapes", "--method", "full"]
    with pytest.raises(ConfigError, match=r"(?s)command line: .*'word'.*task: expected one value"):
        read_command(TuneConfig, [*arguments, "--base", "tiny-vit"])


def test_an_option_without_a_value_is_refused_in_one_sentence():
    with pytest.raises(ConfigError, match=r"argument --seed: expected one argument. See python"):
        read_command(TuneConfig, ["--task", "digits", "--method", "full", "--seed"])


def test_help_lists_what_can_be_named_with_a_line_each(capsys):
    with pytest.raises(SystemExit):
        read_command(TuneConfig, ["--help"])
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line.strip()}
    for registry in (BASES, TASKS, METHODS):
        for name, entry in registry.items():
            assert entry.summary[:20] in lines[name]


def test_a_mistake_is_one_message_status_2_and_no_traceback(repository, tmp_path):
    command = [sys.executable, "-m", "entrypoints.main", "--study", "studies/nowhere.yaml"]
    run = subprocess.run(
        command, cwd=repository, capture_output=True, text=True, check=False, timeout=120
    )
    assert run.returncode == 2
    assert run.stderr.startswith("error: studies/nowhere.yaml: expected a YAML file")
    assert "Traceback" not in run.stderr


def test_the_help_of_a_setting_says_which_brain_datasets_know_it():
    helps = {action.dest: action.help for action in options_of(PrepareConfig, catalogue())._actions}
    assert helps["tr"].startswith("bold5000: Volume after the onset")
    assert helps["subjects"].startswith("pereira2018-*, coursework-sentences, ")
    assert helps["n_voxels"].startswith("simulated-*: ")
    assert helps["brain"].startswith("Brain dataset")
    tune = {action.dest: action.help for action in options_of(TuneConfig, catalogue())._actions}
    assert tune["image_size"].startswith("mnist, cifar10, image-folder: Side in pixels")
    assert tune["max_steps"].startswith("Most optimiser steps")
