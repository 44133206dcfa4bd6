"""Translation, between languages and between states of code: WMT, Multi30k, CodeXGLUE."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from pipeline.config import TaskConfig
from pipeline.config.catalogue import Languages
from pipeline.data.corpus import Reading, build
from pipeline.data.forms.generation import Pair, gather_pairs
from pipeline.data.hub_tables import HubTable, read_hub
from pipeline.data.reading.folder import folder_splits
from pipeline.data.reading.parallel import parallel_splits
from pipeline.data.reading.tables import TABLES
from pipeline.data.rows import Record, Splits
from pipeline.data.task import CORPUS, Task, TaskData
from pipeline.errors import ConfigError, DataError, Problem

_PAIR = Languages(
    r"(?!([^-]+)-\1$)[^-\s/]+-[^-\s/]+", "two different names with a hyphen, as en-de,"
)
SCORES = ("bleu", "chrf", "bertscore_f1", "bertscore_precision", "bertscore_recall")


def pair_of(languages: str) -> tuple[str, str]:
    """Take ``en-de`` apart.

    Raises
    ------
    ConfigError
        If it is not two different names with a hyphen between.
    """
    source, _, target = languages.partition("-")
    if not source or not target or source == target:
        expected = "what to translate from and to, such as en-de"
        raise ConfigError(
            Problem("languages", expected, f"'{languages}'", "Pass languages=<from>-<to>.")
        )
    return source, target


def _reading(source: str, target: str) -> Reading[Pair]:
    def convert(record: Record) -> Pair | None:
        sides = record
        if isinstance(record.values.get("translation"), dict):
            sides = Record(record.values["translation"], f"{record.place}, translation")
        parallel = "source" in sides.values and source not in sides.values
        names = ("source", "target") if parallel else (source, target)
        texts = tuple(sides.text(name) for name in names)
        return Pair(texts[0], texts[1]) if all(texts) else None

    return Reading(convert, gather_pairs, group=lambda pair: pair.source)


def _local(directory: Path, source: str, target: str) -> Splits:
    """Read parallel files where there are any, else tables."""
    try:
        return parallel_splits(directory, source, target)
    except DataError as no_pairs:
        try:
            return folder_splits(directory, TABLES)
        except DataError:
            raise no_pairs from None


def _wmt(name: str, source: str, target: str) -> HubTable:
    # the tables are named by the other language, then English
    other, english = (target, source) if source == "en" else (source, target)
    return HubTable(f"wmt/{name}", _instead(source, target), f"{other}-{english}")


def _pairs(repository: str, config: str, source: str, target: str) -> HubTable:
    return HubTable(repository, _instead(source, target), config)


def _instead(source: str, target: str) -> str:
    return f"train.{source} and train.{target} (or .gz), valid.…, test.…"


_ON_HUB: dict[str, Callable[[str, str], HubTable]] = {
    "wmt14": partial(_wmt, "wmt14"),
    "wmt16": partial(_wmt, "wmt16"),
    "multi30k": partial(_pairs, "bentrevett/multi30k", ""),
    "code-translation": partial(_pairs, "google/code_x_glue_cc_code_to_code_trans", ""),
    "code-refinement": partial(_pairs, "google/code_x_glue_cc_code_refinement", "small"),
}


#: Languages that the hub's tables have, beside English in WMT; others need files of one's own.
_HUB_LANGUAGES: dict[str, frozenset[str]] = {
    "wmt14": frozenset({"en", "cs", "de", "fr", "hi", "ru"}),
    "wmt16": frozenset({"en", "cs", "de", "fi", "ro", "ru", "tr"}),
    "multi30k": frozenset({"en", "de"}),
    "code-translation": frozenset({"java", "cs"}),
    "code-refinement": frozenset({"buggy", "fixed"}),
}


def _not_on_hub(name: str, config: TaskConfig) -> Iterator[Problem]:
    """Find languages that are read from the hub, which does not have them."""
    known = _HUB_LANGUAGES.get(name)
    languages = set(config.languages.split("-")) if config.languages else set()
    if known is None or config.data_dir or not languages:
        return
    if not languages <= known or (name.startswith("wmt") and "en" not in languages):
        others = ", ".join(sorted(known - {"en"}))
        listed = f"en and one of {others}" if name.startswith("wmt") else "-".join(sorted(known))
        expected = f"{listed}, as the hub has for {name}"
        remedy = f"Change languages, or pass data_dir=<directory> with {_instead('…', '…')}."
        yield Problem("languages", expected, f"'{config.languages}'", remedy)


def _task(name: str, summary: str, languages: str, max_target_tokens: int) -> Task:
    on_hub = name in _ON_HUB

    def hub(pair: str) -> HubTable:
        return _ON_HUB[name](*pair_of(pair or languages))

    def load(config: TaskConfig) -> TaskData:
        source, target = pair_of(config.languages or languages)
        if config.directory is not None:
            splits = _local(config.directory, source, target)
        elif on_hub:
            splits = read_hub(hub(config.languages))
        else:
            remedy = f"Pass data_dir=<directory> with train.{source}, train.{target}, valid.…"
            raise DataError(Problem(f"{name}: data_dir", "a folder", "none given", remedy))
        named = Splits(f"{splits.source} ({source}-{target})", splits.rows)
        return build(named, _reading(source, target), config)

    return Task(
        name=name,
        modality="text",
        summary=summary,
        load=load,
        form="generation",
        settings=CORPUS | {"languages"},
        languages=_PAIR,
        check=partial(_not_on_hub, name),
        scores=SCORES,
        cue=" =>",
        max_target_tokens=max_target_tokens,
        needs_directory=not on_hub,
        hub=hub if on_hub else None,
    )


TRANSLATION_TASKS: tuple[Task, ...] = (
    _task("wmt14", "WMT14 newswire, one language to another (languages=en-de)", "en-de", 96),
    _task("wmt16", "WMT16 newswire, one language to another (languages=en-de)", "en-de", 96),
    _task("multi30k", "captions of pictures, English to German or French (Multi30k)", "en-de", 64),
    _task("parallel", "your own parallel files, one sentence a line", "en-de", 96),
    _task("code-translation", "Java -> C# or back (CodeXGLUE; languages=java-cs)", "java-cs", 256),
    _task("code-refinement", "code with a bug -> without (CodeXGLUE)", "buggy-fixed", 256),
)
