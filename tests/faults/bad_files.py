"""Files that commands read, in states in which they must be refused."""

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from faults.bad_commands import BadCommand
from loader_folders import FOLDERS
from test_damage import FILES

from pipeline.models.bases import PRETRAINED

NOISE = random.Random(7).randbytes(3000)
WEB_PAGE = b"<!doctype html><html><body>404: not found</body></html>" * 20


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: max(1, path.stat().st_size // 3)])


def noise(path: Path) -> None:
    path.write_bytes(NOISE)


def web_page(path: Path) -> None:
    path.write_bytes(WEB_PAGE)


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


STATES: dict[str, Callable[[Path], None]] = {
    state.__name__: state for state in (empty, cut, noise, web_page, folder_instead)
}
#: Of a shorter list, table or text, nothing shows that it was longer.
SHORTER_IS_SOUND = {".txt", ".csv", ".tsv", ".jsonl", ".json", ".en", ".de", ""}
OF_A_BASE = ("config.json", "model.safetensors", "tokenizer.json")


def bad_files(folder: Path) -> Iterator[BadCommand]:
    """Make folders with one bad file each, and the commands that read them."""
    for state, spoil in STATES.items():
        yield from of_documents(folder / state, spoil)
        yield from of_bases(folder / state, spoil)
        yield from _of_tasks(folder / state, spoil)
        yield from _of_brains(folder / state, spoil)


def of_documents(folder: Path, spoil: Callable[[Path], None]) -> Iterator[BadCommand]:
    """Spoil a study file, and an archive of a study."""
    folder.mkdir(parents=True, exist_ok=True)
    for entry, option, name in (
        ("main", "study", "study.yaml"),
        ("import", "archive", "study.zip"),
    ):
        path = folder / name
        path.write_text("name: [sound\n" * 3)
        spoil(path)
        further = (f"--folder={folder / 'there'}",) if entry == "import" else ()
        yield BadCommand(entry, (f"--{option}={path}", *further), (name,))


def of_bases(folder: Path, spoil: Callable[[Path], None]) -> Iterator[BadCommand]:
    """Spoil the files of a base, one at a time."""
    for name in OF_A_BASE:
        base = folder / f"base {name}" / "tiny-gpt2"
        shutil.copytree(PRETRAINED / "tiny-gpt2", base)
        spoil(base / name)
        options = (f"--base={base}", "--task=summarization", "--method=prompt", "--max_steps=1")
        yield BadCommand("tune", options, (name.removesuffix(".json"),))


def _of_tasks(folder: Path, spoil: Callable[[Path], None]) -> Iterator[BadCommand]:
    for kind, (task, name, content) in FILES.items():
        path = folder / kind / name
        if spoil is cut and path.suffix in SHORTER_IS_SOUND:
            continue
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        spoil(path)
        base = "tiny-vit" if task == "image-folder" else "tiny-gpt2"
        options = (f"--base={base}", f"--task={task}", "--method=full", "--max_steps=1")
        yield BadCommand("tune", (*options, f"--data_dir={path.parent}"), (name.partition(".")[0],))


def _of_brains(folder: Path, spoil: Callable[[Path], None]) -> Iterator[BadCommand]:
    for case, (brain, build) in FOLDERS.items():
        sound = folder / f"{case} sound" / "data"
        sound.mkdir(parents=True)
        build(sound)
        for path in sorted(sound.rglob("*")):
            if path.is_dir() or (spoil is cut and path.suffix in SHORTER_IS_SOUND):
                continue
            spoilt = folder / case / path.name / "data"
            if spoilt.exists():
                continue  # another subject's
            shutil.copytree(sound, spoilt)
            spoil(spoilt / path.relative_to(sound))
            options = (f"--brain={brain}", f"--brain_dir={spoilt}")
            yield BadCommand("prepare", options, (path.name,))
