"""Inputs of a study, read as far as they are here; of others, where to place them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from pipeline.brains.dataset import BrainDataset
from pipeline.brains.load import load_brain
from pipeline.config import AlignConfig, TaskConfig, TuneConfig, UntunedModel
from pipeline.data import TASKS, hub_tables
from pipeline.data.minimal_pairs import Phenomenon, read_minimal_pairs
from pipeline.data.task import TaskData
from pipeline.errors import PipelineError, Problem
from pipeline.models import hub_bases
from pipeline.models.bases import Base, find_base, folder_of
from pipeline.tuning.hub_check import scorer_out_of_reach

Value = TypeVar("Value")


@dataclass
class Inputs:
    """Bases, task data and brain datasets of a study, each read once.

    Attributes
    ----------
    missing : dict of str to Problem
        What is not here, and cannot be fetched.
    wrong : dict of str to Problem
        What is here and cannot be used.
    """

    missing: dict[str, Problem] = field(default_factory=dict)
    wrong: dict[str, Problem] = field(default_factory=dict)
    _read: dict[object, object] = field(default_factory=dict)

    def base(self, name: str) -> tuple[Base, Path | None] | None:
        """Find a base, with its folder if that is here; None where the name leads nowhere."""

        def find() -> Base | None:
            return self.take(lambda: find_base(name), here="/" not in name or Path(name).exists())

        base = self.once(("base", name), find)
        if base is None:
            return None
        return base, self.once(("folder", name), lambda: self._folder(base))

    def untuned(self, model: UntunedModel) -> tuple[Base, Path | None] | None:
        """Find a base that is aligned as it is; None for features, which need none."""
        return self.base(model.model) if model.is_base else None

    def _folder(self, base: Base) -> Path | None:
        if base.hub is not None and not hub_bases.cached(base.hub):
            self._miss(hub_bases.out_of_reach(base.hub))
            return None
        return self.take(base.folder, here=True)

    def data(self, config: TuneConfig) -> TaskData | None:
        """Read the data of a task; None where it is not here."""
        settings = {name: getattr(config, name) for name in TaskConfig.model_fields}
        own = TaskConfig.model_validate(settings)
        return self.once(own, lambda: self._data(own))

    def _data(self, config: TaskConfig) -> TaskData | None:
        task, folder = TASKS[config.task], config.directory
        if folder is None and task.hub is not None:
            table = task.hub(config.languages)
            if not hub_tables.perhaps_cached(table):
                self._miss(hub_tables.out_of_reach(table))
                return None
        return self.take(lambda: task.load(config), here=folder is None or folder.exists())

    def scorer(self, model: str) -> Path | None:
        """Find the folder of the model behind BERTScore; None where it is not here."""

        def find() -> Path | None:
            folder = folder_of(model)
            if folder is None:
                self._miss(scorer_out_of_reach(model))
            return folder

        return self.once(("scorer", model), find)

    def brain(self, config: AlignConfig) -> BrainDataset | None:
        """Read a brain dataset; None where it is not here."""
        name, directory = config.brain, config.brain_dir

        def read() -> BrainDataset | None:
            here = not directory or Path(directory).expanduser().exists()
            return self.take(lambda: load_brain(name, directory), here)

        return self.once(("brain", name, directory), read)

    def minimal_pairs(self, folder: str) -> list[Phenomenon] | None:
        """Read minimal pairs; None where they cannot be read."""

        def read() -> list[Phenomenon] | None:
            return self.take(lambda: read_minimal_pairs(Path(folder)), Path(folder).exists())

        return self.once(("minimal pairs", folder), read)

    def check(self, problems: Iterable[Problem], grid: int = 0) -> None:
        """Add what else is wrong, in a grid of the study where one is named."""
        for problem in problems:
            placed = replace(problem, where=f"grid {grid}: {problem.where}") if grid else problem
            self.wrong[str(placed)] = placed

    def _miss(self, problems: Iterable[Problem]) -> None:
        self.missing |= {str(problem): problem for problem in problems}

    def take(self, read: Callable[[], Value], here: bool = True) -> Value | None:
        """Read; a refusal says what is missing, or what is wrong with what is here."""
        try:
            return read()
        except PipelineError as error:
            (self.check if here else self._miss)(error.problems)
            return None

    def once(self, key: object, read: Callable[[], Value]) -> Value:
        """Read, or give what the first call with the same key has read."""
        if key not in self._read:
            self._read[key] = read()
        value: Value = self._read[key]  # type: ignore[assignment]
        return value
