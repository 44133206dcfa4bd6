"""The seal of a run: digests of its artifacts, written when it is complete, compared when read."""

from __future__ import annotations

import json
from pathlib import Path

import mlflow
from mlflow.entities import Run

from pipeline.errors import Problem
from pipeline.tracking.digests import damage, digest_of_bytes, file_digests, folder_at

MANIFEST = "manifest.json"
SEAL = "manifest"  # tag of a run: the SHA-256 of its manifest


def seal_run(run_id: str) -> None:
    """Write the manifest of a run, its last artifact, and tag the run with the manifest's digest.

    What is digested is what the store gives back, so that an upload that went wrong shows.
    """
    client = mlflow.MlflowClient()
    digests: dict[str, str] = {}
    if client.list_artifacts(run_id):
        with folder_at(client.get_run(run_id).info.artifact_uri) as folder:
            digests = file_digests(folder)
    digests.pop(MANIFEST, None)  # of an earlier seal
    text = json.dumps(digests, indent=1, sort_keys=True)
    client.log_text(run_id, text, MANIFEST)
    client.set_tag(run_id, SEAL, digest_of_bytes(text.encode()))


def is_whole(run: Run) -> bool:
    """Say whether a finished run is sealed and every artifact of it is as it was."""
    if SEAL not in run.data.tags:
        return False
    try:
        with folder_at(run.info.artifact_uri) as folder:
            return not _damage(run, folder)
    except (OSError, mlflow.exceptions.MlflowException):
        return False


def is_damaged(run: Run) -> bool:
    """Say whether a run is sealed and some artifact of it is no longer as it was."""
    return SEAL in run.data.tags and not is_whole(run)


def artifact_problem(run: Run, name: str, path: Path) -> Problem | None:
    """Compare an artifact with the seal of its run; a run that is still at work has none.

    Parameters
    ----------
    run : Run
    name : str
        Of a file or a folder among its artifacts.
    path : Path
        Where it has been fetched to.
    """
    if SEAL not in run.data.tags:
        return None
    root = path.parents[len(Path(name).parts) - 1]
    try:
        differences = _damage(run, root, name)
    except (OSError, mlflow.exceptions.MlflowException) as error:
        differences = [f"{MANIFEST} missing: {error}"]
    if not differences:
        return None
    return Problem(
        f"run {run.info.run_id}",
        f"'{name}' as stage {run.data.tags.get('stage')} logged it",
        ", ".join(differences[:5]),
        "Run that stage (or the study) again with the same settings: what is damaged is made anew.",
    )


def _damage(run: Run, root: Path, name: str = "") -> list[str]:
    """List what is damaged of a run, or of one of its artifacts."""
    with folder_at(f"{run.info.artifact_uri}/{MANIFEST}") as path:
        content = path.read_bytes()
    if digest_of_bytes(content) != run.data.tags[SEAL]:
        return [f"{MANIFEST} changed"]
    digests: dict[str, str] = json.loads(content)
    concerned = {
        file: digest
        for file, digest in digests.items()
        if not name or file == name or file.startswith(f"{name}/")
    }
    if name and not concerned:
        return [f"{name} added"]
    return damage(concerned, root)
