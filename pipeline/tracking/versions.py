"""Checks of a registered version before it is loaded: that it is whole, and whose code it runs.

A version runs two pieces of code when it is loaded: ``registered_model.py`` and the travelling
package. What it is made of is listed, with digests, in ``model_files.json`` of its tune run.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow
import yaml

from pipeline.errors import Problem
from pipeline.models import travelling
from pipeline.models.travelling.card import base_digest
from pipeline.tracking.digests import damage, digest_of_bytes, file_digest, file_digests, folder_at
from pipeline.tracking.remembered import run_with
from pipeline.tracking.seals import is_damaged

CODE = Path(__file__).with_name("registered_model.py")
#: Digests of the code of versions that releases of this project made, one a line.
PUBLISHED = Path(__file__).with_name("published_code.txt")
FILES = "model_files.json"
#: Tags of a version: the digest of its list of files, and the run that keeps the base it needs.
SEAL, BASE = "files", "base_uri"
#: And the files that were dropped on purpose once its features were extracted, one a line.
DROPPED = "dropped_files"
TUNED, TRAVELLING = "artifacts/tuned", "artifacts/travelling"
LOADER = "mlflow.pyfunc.loaders.code_model"


def copy_travelling(folder: Path) -> None:
    """Copy the package that travels inside every version."""
    source = Path(travelling.__file__).parent
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__"))


def seal_model(model_id: str, base_uri: str) -> dict[str, str]:
    """List the files of a logged model in the active run.

    Parameters
    ----------
    model_id : str
    base_uri : str
        Where the store keeps the base it needs; empty where it holds all weights itself.

    Returns
    -------
    dict of str to str
        Tags for the version.
    """
    with folder_at(location_of_model(model_id)) as folder:
        text = json.dumps(file_digests(folder), indent=1, sort_keys=True)
    mlflow.log_text(text, FILES)
    return {SEAL: digest_of_bytes(text.encode()), **({BASE: base_uri} if base_uri else {})}


def damage_of_version(model_id: str, run_id: str, tags: Mapping[str, str]) -> list[str]:
    """List what is changed or missing of a version, and of the base it needs.

    Returns
    -------
    list of str
        Such as 'artifacts/tuned/card.json changed'; empty where all is as it was logged.
    """
    try:
        run = run_with(run_id)
        if is_damaged(run):
            return [f"run {run_id}, which made it, changed"]
        with folder_at(f"{run.info.artifact_uri}/{FILES}") as path:
            content = path.read_bytes()
        if digest_of_bytes(content) != tags.get(SEAL):
            return [f"{FILES} changed"]
        with folder_at(location_of_model(model_id)) as folder:
            finding = damage(json.loads(content), folder, further=True)
        dropped = set(tags.get(DROPPED, "").splitlines())
        finding = [one for one in finding if one.rpartition(" ")[0] not in dropped]
        return [*finding, *_damage_of_base(tags)]
    except (OSError, mlflow.exceptions.MlflowException) as error:
        return [f"a file missing ({error})"]


def _damage_of_base(tags: Mapping[str, str]) -> Iterator[str]:
    if BASE in tags:
        run_id, _, folder_name = tags[BASE].removeprefix("runs:/").partition("/")
        run = run_with(run_id)
        with folder_at(f"{run.info.artifact_uri}/{folder_name}") as folder:
            if base_digest(folder) != run.data.params.get("digest"):
                yield f"its base, kept in run {run_id}, changed"


def version_problems(
    uri: str, model_id: str, run_id: str, tags: Mapping[str, str], trusted: bool
) -> Iterator[Problem]:
    """Find out whether a version is damaged, or would run code that is not this project's.

    Parameters
    ----------
    uri, model_id, run_id : str
        Of the version, of its logged model, and of the run that made it.
    tags : mapping of str to str
        Of the version.
    trusted : bool
        Whether it may run any code.
    """
    if SEAL not in tags:
        expected = "a version that tune registered"
        remedy = "Name one that tune of this version of the project has registered."
        yield Problem(f"model {uri}", expected, "one without a list of its files", remedy)
        return
    finding = damage_of_version(model_id, run_id, tags)
    if trusted:
        finding = [name for name in finding if not name.startswith((CODE.name, TRAVELLING))]
    if finding:
        expected = "the files that tune logged"
        remedy = "Run tune (or the study) again with its settings: it makes the version anew."
        yield Problem(f"model {uri}", expected, ", ".join(finding[:5]), remedy)
    elif not trusted:
        with folder_at(location_of_model(model_id)) as folder:
            yield from _code_problems(uri, folder)


@contextmanager
def only_from_source() -> Iterator[None]:
    """Let Python neither read nor write compiled code beside the sources that it imports."""
    before = sys.pycache_prefix
    with TemporaryDirectory(prefix="bytecode-") as name:
        sys.pycache_prefix = name
        try:
            yield
        finally:
            sys.pycache_prefix = before


def _code_problems(uri: str, folder: Path) -> Iterator[Problem]:
    try:
        model = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
        flavor = model["flavors"]["python_function"]
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        flavor = {}
    if not _is_ours(flavor):
        expected = "a version that tune registered, whose code is the project's"
        finding = "another kind of model: loading it would run code of its own"
        yield Problem(f"model {uri}", expected, finding, "Name a version that tune has registered.")
    elif code_digest(folder / CODE.name, folder / TRAVELLING) not in known_code():
        expected = "code of this version of the project, or of a release"
        remedy = (
            "Tune it again, or, if you trust who can write to this registry, say "
            "trust_registry=true."
        )
        yield Problem(f"model {uri}", expected, "other code, which loading would run", remedy)


def _is_ours(flavor: Mapping[str, Any]) -> bool:
    """Say whether loading runs no code but that of the two places that are digested."""
    places = {name: entry.get("path") for name, entry in (flavor.get("artifacts") or {}).items()}
    return (
        flavor.get("loader_module") == LOADER
        and not flavor.get("code")
        and Path(str(flavor.get("model_code_path"))).name == CODE.name
        and places == {"tuned": TUNED, "travelling": TRAVELLING}
    )


def code_digest(file: Path, package: Path) -> str:
    """Sum up the code that a version runs.

    Parameters
    ----------
    file : Path
        registered_model.py.
    package : Path
        The travelling package.
    """
    digests = {CODE.name: file_digest(file), **file_digests(package)}
    return hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()


@cache
def known_code() -> frozenset[str]:
    """Give the digests of code that may run: this version's and those of releases."""
    lines = PUBLISHED.read_text(encoding="utf-8").splitlines()
    released = {line.split()[0] for line in lines if line and not line.startswith("#")}
    return frozenset({current_code(), *released})


def current_code() -> str:
    """Sum up the code that versions run which this version of the project makes."""
    return code_digest(CODE, Path(travelling.__file__).parent)


def location_of_model(model_id: str) -> str:
    """Give the address of a logged model's files."""
    return _location_in(mlflow.get_tracking_uri(), model_id)


@lru_cache(maxsize=1024)
def _location_in(_store: str, model_id: str) -> str:
    """Look up once where a model's files lie: MLflow reads all scores of the model with it."""
    return str(mlflow.get_logged_model(model_id).artifact_location)


if __name__ == "__main__":
    print(current_code())  # for a line of published_code.txt, at a release
