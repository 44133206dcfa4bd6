"""In a terminal there is a bar; a log file gets a line for each validation and no more."""

import io
import logging
import sys

import pytest

from pipeline.config import TuneConfig
from pipeline.errors import TuningError
from pipeline.tuning.recipe import Recipe
from pipeline.tuning.training.loop import train
from pipeline.tuning.training.schedule import Schedule

CASE = ("tiny-vit", "digits", "vpt-shallow", 4)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def train_on(adapted, start_of, monkeypatch, caplog):
    """Train for ten steps; give what stands on the screen and in the log."""

    def make(screen, rate=0.1):
        monkeypatch.setattr(sys, "stderr", screen)
        config = TuneConfig(task="digits", method="vpt-shallow", batch_size=4, eval_every=5)
        model, (_, data) = adapted(*CASE), start_of(*CASE)
        schedule = Schedule(Recipe(rate, 1e-3, 1.0), rate, 10, config)
        with caplog.at_level(logging.INFO, "pipeline"):
            try:
                train(model, data.train, data.validation, schedule, lambda *_: None)
            finally:
                monkeypatch.undo()
        return screen.getvalue(), caplog.messages

    return make


def test_a_log_file_gets_a_line_for_each_validation(train_on):
    screen, lines = train_on(io.StringIO())
    assert screen == ""
    assert [line.split(":")[0].strip() for line in lines] == ["step 5 of 10", "step 10 of 10"]
    assert all("validation loss" in line for line in lines)


def test_a_terminal_gets_a_bar_and_no_lines(train_on):
    screen, lines = train_on(Terminal())
    assert "10/10" in screen
    assert "loss/validation=" in screen
    assert lines == []


def test_a_training_that_breaks_off_ends_the_line_of_its_bar(adapted, train_on):
    screen = Terminal()
    with pytest.raises(TuningError, match="finite"):
        train_on(screen, rate=float("inf"))
    assert screen.getvalue().endswith("\n")
