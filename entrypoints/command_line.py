"""Shared parts of the entry points: settings from a command line, and errors as one message."""

from __future__ import annotations

import gc
import logging
import os
import shlex
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from entrypoints.ending import end_when_asked
from entrypoints.options import misplaced, options_of, typed_settings, unknown_options
from pipeline.config import StageConfig, load_config
from pipeline.errors import ConfigError, PipelineError

Config = TypeVar("Config", bound=StageConfig)
#: New objects after which garbage is looked for. Python's 700 cost 3 s of processor time while the
#: libraries are imported, whose half a million objects all stay.
OBJECTS_BEFORE_COLLECTION = 100_000


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
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION)
    end_when_asked()
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


def quiet_libraries() -> None:
    """Silence bars of downloads and loading, and warnings that ask nothing of the user.

    To be called before the libraries are imported: some read their settings while importing.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    for message in (
        "Position ids are not supported",  # texts are batched without padding
        ".*is_gradient_checkpointing",
        ".*An input example was not provided",  # it would be run once more, for the signature
        ".*Add type hints to the `predict` method",  # the signature says more than hints can
    ):
        warnings.filterwarnings("ignore", message=message)
