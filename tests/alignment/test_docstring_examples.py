"""The examples in docstrings are run, and print what they say."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["align", "folds", "two_vs_two"])
def test_the_examples_of_a_module_print_what_they_say(name):
    outcome = doctest.testmod(importlib.import_module(f"pipeline.alignment.{name}"))
    assert outcome.attempted >= 2
    assert outcome.failed == 0
