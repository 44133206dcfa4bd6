"""The settings that all stages share, and the kinds of values they are made of."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from pipeline.files.folders import NO_PATH

#: numpy and torch take seeds of 32 bits.
MOST_SEED = 2**32 - 1

#: Characters of any text: a prompt may be long, and a whole file is no setting.
MOST_CHARACTERS = 10_000


def _can_be_a_path(text: str) -> str:
    try:
        Path(text).expanduser().exists()
    except NO_PATH as error:
        reason = str(error).split(": ")[0]
        raise PydanticCustomError(
            "can_be_a_path", "a path of this system ({reason})", {"reason": reason}
        ) from error
    return text


def _has_an_address(scheduler: str) -> str:
    if scheduler and not re.fullmatch(r"([a-z]+://)?[\w.:\[\]-]+:\d{1,5}", scheduler):
        raise PydanticCustomError("scheduler_has_an_address", "nothing, or tcp://host:port")
    return scheduler


PathText = Annotated[str, AfterValidator(_can_be_a_path)]
SchedulerAddress = Annotated[str, AfterValidator(_has_an_address)]
Seed = Annotated[
    int, Field(ge=0, le=MOST_SEED, description="Decides everything that is drawn at random.")
]
BrainName = Annotated[str, Field(description="Brain dataset, a name in BRAINS.")]
BrainDirectory = Annotated[
    PathText, Field(description="Directory of the brain dataset's files, where it has any.")
]


Device = Annotated[
    Literal["auto", "cpu", "cuda"],
    Field(description="Where networks run; auto is a GPU where there is one."),
]


class StageConfig(BaseModel):
    """Settings of one stage: frozen, and nothing in them that is not declared."""

    #: Field whose value decides which other settings mean something; empty: all always do.
    settings_of: ClassVar[str] = ""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        protected_namespaces=(),
        allow_inf_nan=False,
        str_max_length=MOST_CHARACTERS,
    )


def listed_names(text: str) -> tuple[str, ...]:
    """Take names that are separated by commas apart."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def user_path(text: str) -> Path | None:
    """Make a path of a setting, with ``~`` for the home folder; None where it is empty."""
    return Path(text).expanduser() if text else None
