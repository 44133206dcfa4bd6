"""The names of everything registered in this project, for checking settings."""

from __future__ import annotations

from pipeline.brains import BRAINS, Brain
from pipeline.config import Catalogue, Listed
from pipeline.data import TASKS
from pipeline.models.bases import BASES
from pipeline.tuning.methods import METHODS


def catalogue(in_place: bool = True) -> Catalogue:
    """List the bases, tasks, methods and brain datasets, and what each is for.

    Parameters
    ----------
    in_place : bool
        Whether directories that settings name must be there already.
    """
    return Catalogue(
        {
            "base": {
                name: Listed(frozenset({base.modality}), summary=base.summary)
                for name, base in BASES.items()
            },
            "task": {
                name: Listed(
                    frozenset({task.modality}),
                    task.needs_directory,
                    frozenset({task.form}),
                    task.settings,
                    task.languages,
                    check=task.check,
                    summary=task.summary,
                )
                for name, task in TASKS.items()
            },
            "method": {
                name: Listed(
                    frozenset(method.storage),
                    forms=frozenset(method.forms),
                    summary=method.summary,
                )
                for name, method in METHODS.items()
            },
            "brain": {
                name: Listed(
                    _modalities(brain),
                    brain.needs_directory,
                    settings=brain.known,
                    check=brain.check,
                    summary=brain.summary,
                )
                for name, brain in BRAINS.items()
            },
        },
        in_place,
    )


def _modalities(brain: Brain) -> frozenset[str]:
    return frozenset({"text", "image"} if brain.modality == "either" else {brain.modality})
