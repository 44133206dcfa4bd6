"""Ways in which a file of a store comes to harm, and the kinds of file that a store holds."""

import re
from pathlib import Path

import mlflow

from pipeline.tracking.digests import file_digests

RUN = re.compile(r"[0-9]+/(?P<run>[0-9a-f]{32})/artifacts/(?P<name>.+)")
MODEL = re.compile(r"[0-9]+/models/m-[0-9a-f]{32}/artifacts/(?P<name>.+)")
#: Folders whose files are many and of one kind.
MANY = ("figures", "tables", "artifacts/travelling")


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x01
    path.write_bytes(content)


def truncate(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def delete(path: Path) -> None:
    path.unlink()


def extend(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


HARMS = {harm.__name__: harm for harm in (flip, truncate, delete, extend)}


def artifacts(store: Path) -> list[Path]:
    """Give the files that runs and models of the store hold now."""
    return sorted(store / "mlruns" / name for name in file_digests(store / "mlruns"))


def newest_of_each_kind(store: Path) -> dict[str, Path]:
    """Give of each kind of artifact, 'stage: name' or 'version: name', the newest that holds bytes.

    Folders of many files of one kind stand for their files: 'report: tables/*'. What a study's own
    run holds is no kind of these: every repeat of the study has a new one.
    """
    stages: dict[str, str] = {}
    newest: dict[str, Path] = {}
    for path in sorted(artifacts(store), key=lambda path: path.stat().st_mtime_ns):
        place = path.relative_to(store / "mlruns").as_posix()
        if not path.stat().st_size:
            continue  # nothing in it could change
        if made := MODEL.fullmatch(place):
            kind = f"version: {_kind(made['name'])}"
        elif made := RUN.fullmatch(place):
            run = made["run"]
            if run not in stages:
                stages[run] = mlflow.get_run(run).data.tags.get("stage", "kept base")
            if stages[run] == "study":
                continue
            kind = f"{stages[run]}: {_kind(made['name'])}"
        else:
            raise AssertionError(f"an artifact of no run and no model: {place}")
        newest[kind] = path
    return newest


def _kind(name: str) -> str:
    folder = next((folder for folder in MANY if name.startswith(f"{folder}/")), None)
    return f"{folder}/*" if folder else name
