"""Commands that must be refused: one mistake in each setting, several at once, words that stray."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from faults.bad_values import bad_values

from entrypoints.mlproject import STAGES
from pipeline.config import PowerConfig

MODELS = {**STAGES, "power": PowerConfig}
IN_STORE = "models:/tiny-gpt2-summarization@prompt"
SOUND: Mapping[str, Mapping[str, str]] = {
    "main": {},
    "prepare": {"brain": "simulated-sentences"},
    "tune": {"base": "tiny-gpt2", "task": "summarization", "method": "prompt"},
    "extract": {"model": IN_STORE, "brain": "simulated-sentences"},
    "align": {"model": IN_STORE, "brain": "simulated-sentences"},
    "report": {},
    "export": {},
    "import": {"archive": "sound.txt", "folder": "there"},
    "sizes": {},
    "power": {},
}
STRAY = ("word", "-x", "--", "--=3", "-1", "épée", "'; rm -rf", "\t", "a=b")


@dataclass(frozen=True)
class BadCommand:
    """A command, and what its refusal must name.

    Parameters
    ----------
    entry : str
        An entry point.
    arguments : tuple of str
    names : tuple of str
        Settings, files or words.
    """

    entry: str
    arguments: tuple[str, ...]
    names: tuple[str, ...]

    def __str__(self) -> str:
        words = " ".join(word if len(word) < 60 else f"{word[:20]}…" for word in self.arguments)
        return f"{self.entry} {words}"


def one_mistake_each() -> Iterator[BadCommand]:
    """Put every bad value into every setting of every entry point."""
    for entry, model in MODELS.items():
        for name in model.model_fields:
            for value in dict.fromkeys(bad_values(model, name)):
                yield _command(entry, {name: value}, (name,))


def mistakes_of_form() -> Iterator[BadCommand]:
    """Leave out what is required, name what does not exist, let words stray, say things twice."""
    for entry, model in MODELS.items():
        for name, field in model.model_fields.items():
            if field.is_required():
                left = {key: value for key, value in SOUND[entry].items() if key != name}
                yield BadCommand(entry, _options(left), (name,))
        for name in list(model.model_fields)[:6]:
            yield _command(entry, {f"{name}s": "3"}, (f"{name}s",))
            twice = (*_options(SOUND[entry]), f"--{name}=1", f"--{name}=1")
            yield BadCommand(entry, twice, (name,))
            unended = (*_options(SOUND[entry]), f"--{name}")
            yield BadCommand(entry, unended, (name,))
        for word in STRAY:
            yield BadCommand(entry, (*_options(SOUND[entry]), word), ("command line",))


def several_mistakes(number: int, seed: int) -> Iterator[BadCommand]:
    """Draw two to five mistakes for one command, an unknown setting among them at times."""
    rng = random.Random(seed)
    for _ in range(number):
        entry = rng.choice(list(MODELS))
        model = MODELS[entry]
        names = rng.sample(
            list(model.model_fields), min(rng.randint(2, 5), len(model.model_fields))
        )
        wrong = {name: rng.choice(list(bad_values(model, name))) for name in names}
        if rng.random() < 0.5:
            wrong["hrglfx"] = "1"
        yield _command(entry, wrong, tuple(wrong))


def _command(entry: str, wrong: Mapping[str, str], names: tuple[str, ...]) -> BadCommand:
    return BadCommand(entry, _options({**SOUND[entry], **wrong}), names)


def _options(settings: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"--{name}={value}" for name, value in settings.items())
