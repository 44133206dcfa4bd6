"""What the settings of every stage have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Seed = Annotated[int, Field(ge=0, description="Decides everything that is drawn at random.")]
BrainName = Annotated[str, Field(description="Brain dataset, a name in BRAINS.")]
BrainDirectory = Annotated[
    str, Field(description="Directory of the brain dataset's files, where it has any.")
]


class StageConfig(BaseModel):
    """Settings of one stage: frozen, and nothing in them that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())
