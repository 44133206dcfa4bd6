"""The model registry: one model a base and task, one version a tuned model, methods as aliases."""

from __future__ import annotations

import re
import shutil
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

from pipeline.errors import Problem, RegistryError, nearest
from pipeline.models import travelling
from pipeline.models.saving import save_tuned
from pipeline.models.travelling.card import Card
from pipeline.models.travelling.loading import TunedModel
from pipeline.tracking.claims import claimed

CODE = Path(__file__).with_name("registered_model.py")
NEEDS = {
    "text": ("torch", "transformers", "peft", "safetensors"),
    "image": ("torch", "torchvision", "timm", "peft", "safetensors"),
}


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


def log_model(model: TunedModel, base_uri: str) -> tuple[str, str, int]:
    """Log a tuned model to the active run as a pyfunc that carries its own code.

    Returns
    -------
    tuple of str, str, int
        Model id, model URI, and the bytes of card, weights and tokenizer.
    """
    card = model.card
    with tempfile.TemporaryDirectory(prefix="tuned-") as name:
        tuned, code = Path(name) / "tuned", Path(name) / "travelling"
        save_tuned(model, tuned)
        shutil.copytree(
            Path(travelling.__file__).parent, code, ignore=shutil.ignore_patterns("__pycache__")
        )
        info = mlflow.pyfunc.log_model(
            name=f"{card.base}-{card.task}-{card.method}",
            python_model=str(CODE),
            artifacts={"tuned": str(tuned), "travelling": str(code)},
            model_config={"base_uri": base_uri},
            signature=_signature(card),
            # named, because inferring them takes longer than tuning a small model
            pip_requirements=[f"{p}=={installed(p)}" for p in ("mlflow", *NEEDS[card.modality])],
        )
        stored = sum(path.stat().st_size for path in tuned.rglob("*") if path.is_file())
    return info.model_id, info.model_uri, stored


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
        ]
    )
    return ModelSignature(inputs=inputs, params=params)


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
    """Point a method's alias at the version with the best validation score, newest if equal."""
    client = mlflow.MlflowClient()
    versions = [v for v in _versions(name) if v.tags.get("method") == method]
    if versions:
        client.set_registered_model_alias(name, method, max(versions, key=_merit).version)


def discard_version(version: Registered) -> None:
    """Remove a version, and point its method's alias at the best one of those that are left."""
    with claimed(f"registered model {version.name}", version.name):
        mlflow.MlflowClient().delete_model_version(version.name, version.version)
        _point_alias(version.name, version.tags["method"])


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
    found = mlflow.MlflowClient().search_model_versions(f"run_id = '{run_id}'")
    return _registered(found[0]) if found else None


def resolve(uri: str) -> Registered:
    """Find the version that a URI names.

    Parameters
    ----------
    uri : str
        ``models:/<name>@<alias>`` or ``models:/<name>/<version>``.

    Raises
    ------
    RegistryError
        When there is no such model, alias or version.
    """
    client = mlflow.MlflowClient()
    name, sign, which = re.fullmatch(r"models:/([^@/]+)([@/])(.+)", uri).groups()  # type: ignore[union-attr]
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
    return _registered(found)


def _registered(version: ModelVersion) -> Registered:
    uri = f"models:/{version.name}/{version.version}"
    model_id = mlflow.models.get_model_info(uri).model_id  # the version itself does not say
    return Registered(version.name, str(version.version), version.run_id, model_id, version.tags)


def tag_version(model: Registered, tags: Mapping[str, str]) -> None:
    """Add tags to a version, e.g. brain scores that became known later."""
    client = mlflow.MlflowClient()
    for key, value in tags.items():
        client.set_model_version_tag(model.name, model.version, key, value)
