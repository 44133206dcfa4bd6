"""Shared parts of the entry points: settings from a command line, and errors as one message."""

from __future__ import annotations

import logging
import os
import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any, TypeVar

from entrypoints.options import misplaced, options_of, typed_settings, unknown_options
from entrypoints.quiet import quiet_libraries
from pipeline.config import StageConfig, load_config
from pipeline.errors import ConfigError, PipelineError

Config = TypeVar("Config", bound=StageConfig)


def read_command(model: type[Config], arguments: Sequence[str]) -> Config:
    """Turn command-line arguments into checked settings; print the help where it is asked for.

    Raises
    ------
    ConfigError
        With every mistake, unknown options and stray words among them.
    """
    from pipeline.tracking.catalogue import catalogue

    names = catalogue()
    options_of(model, names).parse_known_args(arguments)
    unknown: dict[str, Any] = dict.fromkeys(unknown_options(model, arguments), "")
    problems = list(misplaced(model, arguments))
    try:
        config = load_config(model, {**typed_settings(model, arguments), **unknown}, names)
    except ConfigError as error:
        raise ConfigError(*problems, *error.problems) from None
    if problems:
        raise ConfigError(*problems)
    return config


def run_command(command: Callable[[Sequence[str]], None]) -> None:
    """Run an entry point; a refusal becomes one message and exit status 2.

    Being asked to end (SIGTERM, Ctrl-C) is passed on as an exception, so that runs under way are
    closed as KILLED and not left as RUNNING.
    """
    signal.signal(signal.SIGTERM, _end)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stdout)
    logging.getLogger("pipeline").setLevel(logging.INFO)
    quiet_libraries()
    try:
        command(sys.argv[1:])
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        if "MLFLOW_RUN_ID" in os.environ:
            from pipeline.tracking.runs import leave_word

            leave_word(error)
        sys.exit(2)
    except KeyboardInterrupt:
        command_line = shlex.join(sys.orig_argv)
        print(f"stopped; to go on from what is finished: {command_line}", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)


def _end(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)
