"""The model registry: one model a base and task, one version a tuned model, methods as aliases."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path

import mlflow
from mlflow.entities.model_registry import ModelVersion
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec
from numpy import dtype

from pipeline.errors import Problem, RegistryError, nearest, refuse
from pipeline.models.saving import save_tuned
from pipeline.models.travelling.card import Card
from pipeline.models.travelling.loading import TunedModel
from pipeline.tracking.claims import claimed
from pipeline.tracking.names import valid_name
from pipeline.tracking.runs import log
from pipeline.tracking.versions import (
    CODE,
    copy_travelling,
    damage_of_version,
    seal_model,
    version_problems,
)

NEEDS = {
    "text": ("torch", "transformers", "peft", "safetensors"),
    "image": ("torch", "torchvision", "timm", "peft", "safetensors"),
}

#: Tags of a version: a digest of what its validation score was measured on, and what is damaged.
MEASURE, DAMAGED = "measure", "damaged"
#: Tags that every version of tune has.
OWN_TAGS = {"base", "task", "method", "seed", "modality"}


@dataclass(frozen=True)
class Registered:
    """A registered version.

    Parameters
    ----------
    name, version : str
    run_id : str
        The tune run that made it.
    model_id : str
        Of MLflow's logged model, to which brain scores are logged.
    tags : mapping of str to str
        Method, base, sizes, scores.
    """

    name: str
    version: str
    run_id: str
    model_id: str
    tags: Mapping[str, str]

    @property
    def uri(self) -> str:
        """URI of exactly this version."""
        return f"models:/{self.name}/{self.version}"

    @property
    def names(self) -> dict[str, str]:
        """The tags that every run concerning this version carries."""
        return {key: self.tags[key] for key in ("base", "task", "method", "seed")}

    @property
    def title(self) -> str:
        """Name, method and version, for run names and tables."""
        return f"{self.name} {self.tags['method']} v{self.version}"


@dataclass(frozen=True)
class LoggedModel:
    """A tuned model in its run, before it is registered.

    Parameters
    ----------
    model_id, uri : str
    bytes_stored : int
        Of card, weights and tokenizer.
    seals : mapping of str to str
        Tags by which a version of it is known to be whole: see :mod:`pipeline.tracking.versions`.
    """

    model_id: str
    uri: str
    bytes_stored: int
    seals: Mapping[str, str]


def log_model(model: TunedModel, base_uri: str) -> LoggedModel:
    """Log a tuned model to the active run as a pyfunc that carries its own code."""
    card = model.card
    with tempfile.TemporaryDirectory(prefix="tuned-") as name:
        tuned, code = Path(name) / "tuned", Path(name) / "travelling"
        save_tuned(model, tuned)
        copy_travelling(code)
        info = mlflow.pyfunc.log_model(
            name=valid_name(f"{card.base}-{card.task}-{card.method}"),
            python_model=str(CODE),
            artifacts={"tuned": str(tuned), "travelling": str(code)},
            model_config={"base_uri": base_uri},
            signature=_signature(card),
            # named, because inferring them takes longer than tuning a small model
            pip_requirements=[f"{p}=={installed(p)}" for p in ("mlflow", *NEEDS[card.modality])],
        )
        stored = sum(path.stat().st_size for path in tuned.rglob("*") if path.is_file())
    seals = seal_model(info.model_id, "" if card.storage == "whole" else base_uri)
    return LoggedModel(info.model_id, info.model_uri, stored, seals)


def _signature(card: Card) -> ModelSignature:
    """Say what goes in: pictures, texts, or (where a task may be about two) columns of a table."""
    pictures = Schema([TensorSpec(dtype("uint8"), (-1, -1, -1, 3))])
    texts = Schema([ColSpec("string")])
    # optional even for spans, because features are asked for of single texts
    pairs = Schema([ColSpec("string", "text"), ColSpec("string", "text_pair", required=False)])
    may_be_two = card.form in ("classification", "spans")
    inputs = pictures if card.modality == "image" else pairs if may_be_two else texts
    params = ParamSchema(
        [
            ParamSpec("output", "string", "task"),
            ParamSpec("pooling", "string", "mean"),
            ParamSpec("batch_size", "integer", 64),
            ParamSpec("prompt_room", "integer", -1),
        ]
    )
    # of the task itself; asked for features a model returns an array, one row a stimulus
    answers = Schema([ColSpec("string")])
    return ModelSignature(inputs=inputs, outputs=answers, params=params)


def register(model_uri: str, name: str, tags: Mapping[str, str], description: str) -> Registered:
    """Make a version with all its tags at once, then point the method's alias at the best one."""
    with claimed(f"registered model {name}", name):  # numbers and aliases: one after the other
        return _register(model_uri, name, tags, description)


def _register(model_uri: str, name: str, tags: Mapping[str, str], description: str) -> Registered:
    client = mlflow.MlflowClient()
    version = mlflow.register_model(model_uri, name, tags=dict(tags))
    client.update_model_version(name, version.version, description)
    client.update_registered_model(
        name,
        f"`{tags['base']}` tuned on **{tags['task']}**, one version for each tuning. An alias is "
        "a method and points at its best version by validation score: load it with "
        f'`mlflow.pyfunc.load_model("models:/{name}@{tags["method"]}")`. To compare methods, tick '
        "their versions (the boxes appear under the pointer, on the left) and press Compare.",
    )
    _point_alias(name, tags["method"])
    return _registered(version)


def _point_alias(name: str, method: str) -> None:
    """Point a method's alias at the best version by validation score, the newest if equal.

    Scores compare only where they were measured on the same data by the same scorer, which are
    those of the version that has the alias: the others do not take it.
    """
    client = mlflow.MlflowClient()
    every = [v for v in _versions(name) if v.tags.get("method") == method and _has_merit(v)]
    versions = sorted((v for v in every if DAMAGED not in v.tags), key=lambda v: int(v.version))
    if not versions:
        return
    alias = str(client.get_registered_model(name).aliases.get(method))
    holder = next((v for v in every if str(v.version) == alias), versions[0])
    comparable = [v for v in versions if v.tags.get(MEASURE) == holder.tags.get(MEASURE)]
    best = max(comparable or versions[-1:], key=_merit)
    client.set_registered_model_alias(name, method, best.version)
    if versions[-1].tags.get(MEASURE) != best.tags.get(MEASURE):
        log.info(
            "  models:/%s@%s stays version %s: version %s was scored on other data, and scores on "
            "other data do not compare",
            *(name, method, best.version, versions[-1].version),
        )


def discard_version(version: Registered) -> None:
    """Remove a version, and point its method's alias at the best one of those that are left."""
    with claimed(f"registered model {version.name}", version.name):
        mlflow.MlflowClient().delete_model_version(version.name, version.version)
        _point_alias(version.name, version.tags["method"])


def _has_merit(version: ModelVersion) -> bool:
    return "validation_score" in version.tags


def _versions(name: str) -> list[ModelVersion]:
    versions: list[ModelVersion] = mlflow.MlflowClient().search_model_versions(f"name = '{name}'")
    return versions


def best_of(versions: Iterable[Registered]) -> Registered | None:
    """Choose the version with the best validation score, the newest if equal."""
    return max(versions, key=_merit, default=None)


def _merit(version: ModelVersion | Registered) -> tuple[float, int]:
    return float(version.tags["validation_score"]), int(version.version)


def versions_with(name: str, tags: Mapping[str, str]) -> list[Registered]:
    """Find the versions of a model that carry all of some tags."""
    return [_registered(v) for v in _versions(name) if tags.items() <= v.tags.items()]


def made_by(run_id: str) -> Registered | None:
    """Find the version that a tune run registered, if it is still there."""
    versions = mlflow.MlflowClient().search_model_versions(f"run_id = '{run_id}'")
    return _registered(versions[0]) if versions else None


def made_whole_by(run_id: str) -> Registered | None:
    """Find the version that a tune run registered, if it is still there and undamaged."""
    version = made_by(run_id)
    return version if version and is_undamaged(version) else None


def is_undamaged(version: Registered) -> bool:
    """Say whether a version is as it was registered; else tag it, so that it loses its alias."""
    damage = damage_of_version(version.model_id, version.run_id, version.tags)
    if damage:
        log.info("%s is damaged: %s", version.uri, ", ".join(damage[:3]))
        tag_version(version, {DAMAGED: ", ".join(damage[:3])[:1000]})
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


def resolve(uri: str) -> Registered:
    """Find the version that a URI names.

    Parameters
    ----------
    uri : str
        ``models:/<name>@<alias>`` or ``models:/<name>/<version>``.

    Raises
    ------
    RegistryError
        When the URI is of another form, or there is no such model, alias or version.
    """
    client = mlflow.MlflowClient()
    parts = re.fullmatch(r"models:/([^@/]+)([@/])(.+)", uri)
    if parts is None:
        expected = "models:/<name>@<alias> or models:/<name>/<version>"
        raise RegistryError(Problem("model", expected, f"'{uri}'", "Correct it."))
    name, sign, which = parts.groups()
    try:
        model = client.get_registered_model(name)
    except mlflow.exceptions.MlflowException as error:
        names = tuple(known.name for known in client.search_registered_models())
        remedy = nearest(name, names) if names else "Nothing is registered yet: run tune first."
        problem = Problem("model", "a registered model", f"'{name}'", remedy)
        raise RegistryError(problem) from error
    try:
        found = (
            client.get_model_version_by_alias(name, which)
            if sign == "@"
            else client.get_model_version(name, which)
        )
    except mlflow.exceptions.MlflowException as error:
        kind = "alias" if sign == "@" else "version"
        known = (
            tuple(model.aliases) if sign == "@" else tuple(str(v.version) for v in _versions(name))
        )
        problem = Problem(
            "model", f"an existing {kind} of {name}", f"'{which}'", nearest(which, known)
        )
        raise RegistryError(problem) from error
    if not found.tags.keys() >= OWN_TAGS:
        expected = "a version that tune registered"
        foreign = f"'{uri}', a model of another kind, without the tags of one"
        remedy = "Name a model that tune has registered, as models:/<base>-<task>@<method>."
        raise RegistryError(Problem("model", expected, foreign, remedy))
    return _registered(found)


def _registered(version: ModelVersion) -> Registered:
    model_id = str(version.source).removeprefix("models:/")  # the version itself does not say
    return Registered(version.name, str(version.version), version.run_id, model_id, version.tags)


def tag_version(model: Registered, tags: Mapping[str, str]) -> None:
    """Add tags to a version, e.g. brain scores that became known later."""
    client = mlflow.MlflowClient()
    for key, value in tags.items():
        client.set_model_version_tag(model.name, model.version, key, value)
