"""Options of the command line, made from a config model."""

from __future__ import annotations

import argparse
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn, TypeVar, get_args

from pydantic.fields import FieldInfo

from pipeline.config import Catalogue, Listed, StageConfig
from pipeline.config.catalogue import families
from pipeline.errors import ConfigError, Problem, refuse

Config = TypeVar("Config", bound=StageConfig)
HELP_WIDTH = 100
SPELLING = "options written as --name value"


class Options(argparse.ArgumentParser):
    """A parser of ``--name value``, whose complaints are refusals like any other."""

    def error(self, message: str) -> NoReturn:
        """Refuse arguments that cannot be read.

        Raises
        ------
        ConfigError
            Always.
        """
        refuse(
            [Problem("command line", SPELLING, message, f"See {self.prog} --help.")], ConfigError
        )
        raise SystemExit(2)  # for the type checker: refuse has raised


def options_of(model: type[StageConfig], names: Catalogue | None = None) -> Options:
    """Make an option for every setting; values are checked later, all at once.

    Parameters
    ----------
    model : type
        A config model.
    names : Catalogue, optional
        Whose bases, tasks, methods and brains end the help, where the model has such a setting.
    """
    known = names.names if names else {}
    options = Options(
        prog=f"python -m entrypoints.{model.__name__.removesuffix('Config').lower()}",
        description=model.__doc__,
        epilog="\n\n".join(_listing(f, known[f]) for f in model.model_fields if f in known),
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=HELP_WIDTH),
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    for name, field in model.model_fields.items():
        options.add_argument(f"--{name}", metavar=_kind(field), help=_help(model, name, names))
    return options


def _listing(field: str, listed: Mapping[str, Listed]) -> str:
    """List the names that a setting may take, a line each."""
    room = 2 + max(map(len, listed))
    rows = []
    for name, entry in listed.items():
        line = textwrap.shorten(entry.summary, HELP_WIDTH - room - 2, placeholder=" …")
        rows.append(f"  {name:<{room}}{line}")
    return "\n".join([f"{field}s:", *rows])


def _kind(field: FieldInfo) -> str:
    choices = ",".join(filter(None, map(str, get_args(field.annotation))))
    kind = field.annotation
    return kind.__name__ if isinstance(kind, type) else f"{{{choices}}}"


def _help(model: type[StageConfig], name: str, names: Catalogue | None) -> str:
    """Describe a setting, and say which tasks or brain datasets know it where not all do."""
    field = model.model_fields[name]
    knowing = names.knowing(model.settings_of, name) if names else ()
    who = f"{', '.join(families(knowing))}: " if knowing else ""
    default = "required" if field.is_required() else f"default {field.default!r}"
    return f"{who}{field.description} ({default})".replace("%", "%%")


def typed_settings(model: type[StageConfig], arguments: Sequence[str]) -> dict[str, Any]:
    """Take command-line arguments for settings, unchecked; what is no option is left out."""
    known, _ = options_of(model).parse_known_args(arguments)
    return vars(known)


def misplaced(model: type[StageConfig], arguments: Sequence[str]) -> Iterator[Problem]:
    """Find words that belong to no option, and options that are given more than once."""
    options = options_of(model)
    _, unknown = options.parse_known_args(arguments)
    previous = ""
    for word in unknown:
        # MLflow passes what MLproject does not declare as `--name value`
        if not _names_an_option(word) and not (_names_an_option(previous) and "=" not in previous):
            yield Problem("command line", SPELLING, f"'{word}'", f"See {options.prog} --help.")
        previous = word
    names = Counter(word.split("=")[0] for word in arguments if word.startswith("--"))
    for name, count in names.items():
        if count > 1:
            where = name.removeprefix("--")
            yield Problem(where, "one value", f"{count}", f"Pass {name} once.")


def unknown_options(model: type[StageConfig], arguments: Sequence[str]) -> list[str]:
    """List the names of options that the model has no setting for."""
    _, unknown = options_of(model).parse_known_args(arguments)
    return [word.removeprefix("--").split("=")[0] for word in unknown if _names_an_option(word)]


def _names_an_option(word: str) -> bool:
    """Say whether a word is written as an option is, as ``--`` alone and ``--=3`` are not."""
    return word.startswith("--") and bool(word.removeprefix("--").split("=")[0])
