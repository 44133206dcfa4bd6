"""Registered versions, looked up by their URI, their tags, or the run that made them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import mlflow
from mlflow.entities.model_registry import ModelVersion

from pipeline.errors import Problem, RegistryError
from pipeline.tracking.missing_names import no_model, no_version, parts_of
from pipeline.tracking.names import run_title

#: Tag of a version that holds, as JSON, the tags that only code reads.
DETAILS = "details"
#: Tag of a version: the beginning of the digest of its base's files.
DIGEST = "base_digest"
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
        Method, base, sizes, scores: those that a person reads and those among the details.
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
        """Name, method and version, for messages and tables."""
        return f"{self.name} {self.tags['method']} v{self.version}"

    def title_of(self, stage: str) -> str:
        """Name a run of a stage with this version: what tells runs apart comes first."""
        subject = f"{self.name} v{self.version}"
        return run_title(self.tags["method"], int(self.tags["seed"]), stage, subject)


def version_tags(version: ModelVersion) -> dict[str, str]:
    """Read the tags of a version, those among its details too.

    Versions of older stores have all of them as tags of their own.
    """
    own: dict[str, str] = dict(version.tags)
    details: dict[str, str] = json.loads(own.pop(DETAILS, "{}"))
    return {**own, **details}


def read_version(version: ModelVersion) -> Registered:
    """Read what the registry says of a version."""
    model_id = str(version.source).removeprefix("models:/")  # the version itself does not say
    number, tags = str(version.version), version_tags(version)
    return Registered(version.name, number, version.run_id, model_id, tags)


def versions_of(name: str) -> list[Registered]:
    """List the versions of a registered model."""
    versions = mlflow.MlflowClient().search_model_versions(f"name = '{name}'")
    return [read_version(version) for version in versions]


def versions_with(name: str, tags: Mapping[str, str]) -> list[Registered]:
    """List the versions of a model that carry all of some tags."""
    return [version for version in versions_of(name) if tags.items() <= version.tags.items()]


def made_by(run_id: str) -> Registered | None:
    """Find the version that a tune run registered, if it is still there."""
    versions = mlflow.MlflowClient().search_model_versions(f"run_id = '{run_id}'")
    return read_version(versions[0]) if versions else None


def sole_version_of(run_id: str) -> Registered:
    """Give the version that a run has registered.

    Raises
    ------
    RegistryError
        It is there no more.
    """
    version = made_by(run_id)
    if version is None:
        raise nothing_registered(f"run {run_id}")
    return version


def nothing_registered(where: str) -> RegistryError:
    """Say that a version is gone that had just been registered: someone has removed it."""
    again = "Run the same command again."
    return RegistryError(Problem(where, "a registered version", "none any more", again))


def best_of(versions: Iterable[Registered]) -> Registered | None:
    """Choose the version with the best validation score, the newest if equal."""
    return max(versions, key=merit, default=None)


def merit(version: Registered) -> tuple[float, int]:
    """Give what versions are ordered by: validation score, and number where equal."""
    return float(version.tags["validation_score"]), int(version.version)


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
    name, sign, which = parts_of(uri)
    try:
        model = client.get_registered_model(name)
    except mlflow.exceptions.MlflowException as error:
        names = [known.name for known in client.search_registered_models()]
        raise no_model(name, names) from error
    try:
        version = (
            client.get_model_version_by_alias(name, which)
            if sign == "@"
            else client.get_model_version(name, which)
        )
    except mlflow.exceptions.MlflowException as error:
        versions = [version.version for version in versions_of(name)]
        raise no_version(name, sign, which, list(model.aliases), versions) from error
    if not version_tags(version).keys() >= OWN_TAGS:
        expected = "a version that tune registered"
        foreign = f"'{uri}', a model of another kind, without the tags of one"
        remedy = "Name a model that tune has registered, as models:/<base>-<task>@<method>."
        raise RegistryError(Problem("model", expected, foreign, remedy))
    return read_version(version)
