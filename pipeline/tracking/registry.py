"""The model registry: one model a base and task, one version a tuned model, methods as aliases."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager, redirect_stderr
from io import StringIO

import mlflow

from pipeline.errors import RegistryError, refuse
from pipeline.tracking.claims import claimed
from pipeline.tracking.names import valid_name
from pipeline.tracking.registered import (
    DETAILS,
    Registered,
    made_by,
    merit,
    read_version,
    versions_of,
)
from pipeline.tracking.runs import finished_runs, log
from pipeline.tracking.versions import damage_of_version, version_problems

#: Tags of a version: a digest of what its validation score was measured on, and what is damaged.
MEASURE, DAMAGED = "measure", "damaged"
#: Tags of a version that a person reads; the scores are texts, and come with the details.
TASK_SCORE, BRAIN_SCORES = "task_score", "brain_scores"
FOR_PEOPLE = {
    *("base", "task", "method", "seed", "trainable_parameters", "beats_base"),
    *(TASK_SCORE, BRAIN_SCORES),
}


def register(model_uri: str, name: str, tags: Mapping[str, str], description: str) -> Registered:
    """Make a version with all its tags at once, then point the method's alias at the best one.

    Of the tags, those that a person reads are the version's own, and the others its details.
    """
    about = (
        f"`{tags['base']}` tuned on **{tags['task']}**, one version for each tuning. An alias is "
        "a method and points at its best version by validation score: load it with "
        f'`mlflow.pyfunc.load_model("models:/{name}@{alias_of(tags)}")`. To compare methods, tick '
        "their versions (the boxes appear under the pointer, on the left) and press Compare."
    )
    with _claimed(name):  # numbers and aliases: one after the other
        registered = _new_version(model_uri, name, tags, description, about)
        _point_alias(name, alias_of(tags))
    return registered


def alias_of(tags: Mapping[str, str]) -> str:
    """Name the alias that a version may have: its method, and the outer fold it belongs to."""
    fold = tags.get("fold")
    return tags["method"] if fold is None else f"{tags['method']}-fold-{fold}"


def register_on_the_way(
    model_uri: str, name: str, tags: Mapping[str, str], description: str
) -> Registered:
    """Make a version of a series along trainings, at which no alias points."""
    about = (
        f"`{tags['base']}` on the way of being tuned on **{tags['task']}**: versions after some "
        "steps of trainings, for brain scores beside task scores while a model learns."
    )
    with _claimed(name):
        return _new_version(model_uri, name, tags, description, about)


def _claimed(name: str) -> AbstractContextManager[None]:
    return claimed(f"registered model {name}", name)


def _new_version(
    model_uri: str, name: str, tags: Mapping[str, str], description: str, about: str
) -> Registered:
    client = mlflow.MlflowClient()
    with redirect_stderr(StringIO()):  # MLflow prints two lines of its own; what fails is raised
        version = mlflow.register_model(model_uri, name, tags=_packed(tags))
    client.update_model_version(name, version.version, description)
    client.update_registered_model(name, about)
    return read_version(client.get_model_version(name, version.version))


def _point_alias(name: str, alias: str) -> None:
    """Point an alias at the best version by validation score, the newest if equal.

    Scores compare only where they were measured on the same data by the same scorer, which are
    those of the version that has the alias: the others do not take it.
    """
    client = mlflow.MlflowClient()
    every = [v for v in versions_of(name) if "method" in v.tags and alias_of(v.tags) == alias]
    every = [v for v in every if _has_merit(v)]
    versions = sorted((v for v in every if DAMAGED not in v.tags), key=lambda v: int(v.version))
    if not versions:
        return
    pointed_at = str(client.get_registered_model(name).aliases.get(alias))
    holder = next((v for v in every if v.version == pointed_at), versions[0])
    comparable = [v for v in versions if v.tags.get(MEASURE) == holder.tags.get(MEASURE)]
    best = max(comparable or versions[-1:], key=merit)
    client.set_registered_model_alias(name, alias, best.version)
    if versions[-1].tags.get(MEASURE) != best.tags.get(MEASURE):
        log.info(
            "  models:/%s@%s stays version %s: version %s was scored on other data, and scores on "
            "other data do not compare",
            *(name, alias, best.version, versions[-1].version),
        )


def discard_version(version: Registered) -> None:
    """Remove a version, and point its method's alias at the best one of those that are left."""
    client, alias = mlflow.MlflowClient(), alias_of(version.tags)
    with _claimed(version.name):
        has_alias = alias in client.get_registered_model(version.name).aliases
        client.delete_model_version(version.name, version.version)
        if has_alias:
            _point_alias(version.name, alias)


def _has_merit(version: Registered) -> bool:
    return "validation_score" in version.tags


def _packed(tags: Mapping[str, str]) -> dict[str, str]:
    """Put the tags that only code reads into one."""
    own = {key: value for key, value in tags.items() if key in FOR_PEOPLE}
    details = {key: value for key, value in tags.items() if key not in FOR_PEOPLE}
    return {**own, DETAILS: _as_text(details)}


def add_brain_scores(
    model: Registered, brain: str, scores: Mapping[str, float], align_run: str
) -> None:
    """Tag a version with its scores with a brain dataset, beside those with others.

    Parameters
    ----------
    model : Registered
    brain : str
    scores : mapping of str to float
        ``decoding_2v2/<roi>`` and the like; means over subjects.
    align_run : str
        The run of their alignment.
    """
    name = valid_name(brain)
    readable = (f"{metric.replace('_2v2/', ' ')} {score:.4f}" for metric, score in scores.items())
    add_details(
        model,
        {
            **{f"{name}/{metric}": f"{score:.4f}" for metric, score in scores.items()},
            _align_run(brain): align_run,
        },
    )
    with _claimed(model.name):
        lines = _own_tags(model).get(BRAIN_SCORES, "").splitlines()
        others = [line for line in lines if not line.startswith(f"{name}: ")]
        texts = "\n".join([*others, f"{name}: {'; '.join(readable)}"])
        _set_tags(model, {BRAIN_SCORES: texts})


def add_details(version: Registered, further: Mapping[str, str]) -> None:
    """Add tags that only code reads to those of a version."""
    with _claimed(version.name):  # what two processes add at once must both stay
        details = json.loads(_own_tags(version).get(DETAILS, "{}"))
        _set_tags(version, {DETAILS: _as_text({**details, **further})})


def _own_tags(version: Registered) -> dict[str, str]:
    tags: dict[str, str] = (
        mlflow.MlflowClient().get_model_version(version.name, version.version).tags
    )
    return tags


def aligned_with(model: Registered, brain: str) -> str:
    """Give the run of the alignment whose scores a version shows; empty where there is none."""
    return model.tags.get(_align_run(brain), "")


def _align_run(brain: str) -> str:
    return f"{valid_name(brain)}/align_run"


def _as_text(details: Mapping[str, str]) -> str:
    return json.dumps(details, indent=1, sort_keys=True)


def _set_tags(model: Registered, tags: Mapping[str, str]) -> None:
    client = mlflow.MlflowClient()
    for key, value in tags.items():
        client.set_model_version_tag(model.name, model.version, key, value)


def made_whole_by(run_id: str) -> Registered | None:
    """Find the version that a tune run registered, if it is still there and undamaged."""
    version = made_by(run_id)
    return version if version and is_undamaged(version) else None


def whole_version_of(fingerprint: str) -> Registered | None:
    """Find the undamaged version that a finished run with a fingerprint has registered."""
    versions = (made_whole_by(run.info.run_id) for run in finished_runs(fingerprint))
    return next((version for version in versions if version), None)


def is_undamaged(version: Registered) -> bool:
    """Say whether a version is as it was registered; else tag it, so that it loses its alias."""
    damage = damage_of_version(version.model_id, version.run_id, version.tags)
    if damage:
        log.info("%s is damaged: %s", version.uri, ", ".join(damage[:3]))
        _set_tags(version, {DAMAGED: ", ".join(damage[:3])[:1000]})
    return not damage


def require_sound(version: Registered, trusted: bool) -> None:
    """Refuse a version that is damaged, or would run code that is not this project's.

    Parameters
    ----------
    version : Registered
    trusted : bool
        Whether it may run any code.

    Raises
    ------
    RegistryError
    """
    identity = (version.uri, version.model_id, version.run_id, version.tags)
    refuse(version_problems(*identity, trusted), RegistryError)
