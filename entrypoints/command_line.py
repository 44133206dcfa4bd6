"""What the entry points share: options made from a config model, and errors as one message."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any, TypeVar, get_args

from pydantic.fields import FieldInfo

from entrypoints.quiet import quiet_libraries
from pipeline.config import StageConfig, load_config
from pipeline.config.catalogue import families
from pipeline.errors import PipelineError

Config = TypeVar("Config", bound=StageConfig)


def parser_of(model: type[StageConfig]) -> argparse.ArgumentParser:
    """Make a parser with an option for every setting; values are checked later, all at once."""
    parser = argparse.ArgumentParser(
        prog=f"python -m entrypoints.{model.__name__.removesuffix('Config').lower()}",
        description=model.__doc__,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    for name, field in model.model_fields.items():
        parser.add_argument(f"--{name}", metavar=_kind(field), help=_help(model, name, field))
    return parser


def _kind(field: FieldInfo) -> str:
    choices = ",".join(filter(None, map(str, get_args(field.annotation))))
    kind = field.annotation
    return kind.__name__ if isinstance(kind, type) else f"{{{choices}}}"


def _help(model: type[StageConfig], name: str, field: FieldInfo) -> str:
    """Describe a setting, and say which tasks or brain datasets know it where not all do."""
    from pipeline.tracking.catalogue import catalogue

    knowing = catalogue().knowing(model.settings_of, name)
    who = f"{', '.join(families(knowing))}: " if knowing else ""
    default = "required" if field.is_required() else f"default {field.default!r}"
    return f"{who}{field.description} ({default})".replace("%", "%%")


def glance_at(model: type[Config], arguments: Sequence[str]) -> Config:
    """Take command-line arguments for settings, unchecked, for what can begin before the check."""
    known, _ = parser_of(model).parse_known_args(arguments)
    return model.model_construct(**vars(known))


def read_command(model: type[Config], arguments: Sequence[str]) -> Config:
    """Turn command-line arguments into checked settings.

    Raises
    ------
    ConfigError
        With every mistake, unknown options among them.
    """
    from pipeline.tracking.catalogue import catalogue

    known, unknown = parser_of(model).parse_known_args(arguments)
    # MLflow passes what MLproject does not declare as `--name value`
    names = [word.removeprefix("--").split("=")[0] for word in unknown if word.startswith("--")]
    values: dict[str, Any] = {**vars(known), **dict.fromkeys(names, "")}
    return load_config(model, values, catalogue())


def run_command(command: Callable[[Sequence[str]], None]) -> None:
    """Run an entry point; a refusal becomes one message and exit status 2.

    Being asked to end (SIGTERM, Ctrl-C) is passed on as an exception, so that runs under way are
    closed as FAILED and not left as RUNNING.
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
        print("stopped: the same command goes on from what is finished", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)


def _end(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)
