"""Adapts a base to a task with a method: search if asked, train, score, compare with the base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.config.stages import TuneConfig
from pipeline.data import TASKS
from pipeline.data.task import Task, TaskData
from pipeline.errors import Problem, TuningError, refuse
from pipeline.models.bases import Base
from pipeline.models.travelling.loading import TunedModel
from pipeline.tuning.devices import agree, rank
from pipeline.tuning.method import Method
from pipeline.tuning.methods import METHODS
from pipeline.tuning.recorder import Recorder, Workspace
from pipeline.tuning.schedule import Training
from pipeline.tuning.scores import Scorer, TaskScore, score
from pipeline.tuning.search import Choice
from pipeline.tuning.session import Session


@dataclass(frozen=True)
class Tuned:
    """A tuned model and what is known of it.

    Parameters
    ----------
    model : TextModel or VisionModel
    choice : Choice
        Learning rate and prompt length it was trained with.
    training : Training or None
        None for a control that is not trained.
    validation, test, base_test : mapping of str to TaskScore
        Scores on the held-out splits; ``base_test`` are those of the untuned base.
    converged : bool
        Whether it beats the base on the test split by more than the bootstrap error. True for
        the base itself, which had nothing to learn.
    """

    model: TunedModel
    choice: Choice
    training: Training | None
    validation: Mapping[str, TaskScore]
    test: Mapping[str, TaskScore]
    base_test: Mapping[str, TaskScore]
    converged: bool

    @property
    def primary(self) -> str:
        """Name of the score that decides which version is best."""
        return TASKS[self.model.card.task].scores[0]


def tune(
    config: TuneConfig,
    base: Base,
    base_folder: Path,
    task: Task,
    data: TaskData,
    recorder: Recorder,
    workspace: Workspace | None = None,
) -> Tuned | None:
    """Adapt a base to a task.

    Parameters
    ----------
    config : TuneConfig
    base : Base
    base_folder : Path
        Config and weights of the base.
    task : Task
    data : TaskData
        The task's three splits; ``test`` is touched once, at the end.
    recorder : Recorder
    workspace : Workspace, optional
        Where a tuning that is killed leaves what it has; without one it leaves nothing.

    Returns
    -------
    Tuned or None
        None in all but the first of several processes that train together.

    Raises
    ------
    TuningError
        When the base does not have what the method needs, the examples do not fit, or training
        diverges.
    """
    method = METHODS[config.method]
    refuse([*_unfit(method, base), *_empty_splits(task, data)], TuningError)
    session = Session(config, base, base_folder, task, data, method)
    session.check()
    with _place(workspace) as place:
        choice = session.choose(recorder, place.journal)
        place.claim()
        if not method.recipes:
            return _scored(session, session.adapted(method, choice.prompt_length), choice, None)
        model, training = session.run(
            choice, config.max_steps, recorder.progress, place.checkpoints
        )
        method.finish(model)
        return _scored(session, model, choice, training) if rank() == 0 else None


def interpolations(
    config: TuneConfig,
    base: Base,
    base_folder: Path,
    task: Task,
    data: TaskData,
    full_folder: Path,
    alphas: Sequence[float],
) -> Iterator[Tuned]:
    """Score models between a base and a version of it tuned by full; nothing is trained.

    Parameters
    ----------
    config : TuneConfig
        Its method is one that interpolates.
    base : Base
    base_folder : Path
    task : Task
    data : TaskData
    full_folder : Path
        The version tuned by full, as a tuned model's folder.
    alphas : sequence of float
        Places between the base, 0, and that version, 1.

    Raises
    ------
    TuningError
        The version is none of this base and task tuned by full.
    """
    session = Session(config, base, base_folder, task, data, METHODS[config.method])
    scorer = Scorer(config.bertscore_model, config.bertscore_layers)
    base_test = score(session.adapted(METHODS["base"], 0), data.test, scorer)
    primary = task.scores[0]
    for alpha in alphas:
        model = session.between(full_folder, alpha)
        validation = score(model, data.validation, scorer)
        test = score(model, data.test, scorer)
        converged = test[primary].beats(base_test[primary])
        yield Tuned(model, Choice(0.0, 0), None, validation, test, base_test, converged)


def _scored(
    session: Session, model: TunedModel, choice: Choice, training: Training | None
) -> Tuned:
    """Score a model on the held-out splits, and beside it the base that nothing was done to."""
    config, data = session.config, session.data
    scorer = Scorer(config.bertscore_model, config.bertscore_layers)
    validation = score(model, data.validation, scorer)
    test = score(model, data.test, scorer)
    if training is None:
        return Tuned(model, choice, None, validation, test, base_test=test, converged=True)
    base_test = score(session.adapted(METHODS["base"], 0), data.test, scorer)
    primary = session.task.scores[0]
    converged = test[primary].beats(base_test[primary])
    return Tuned(model, choice, training, validation, test, base_test, converged)


@contextmanager
def _place(workspace: Workspace | None) -> Iterator[Workspace]:
    """Give a workspace: the one that lasts, or else one for the moment."""
    with ExitStack() as stack:
        if workspace is None:
            name = stack.enter_context(TemporaryDirectory(prefix="tuning-"))
            workspace = Workspace(Path(name), lambda: None)
        folder = agree(workspace.folder)  # several processes read the same checkpoints
        folder.mkdir(parents=True, exist_ok=True)
        yield Workspace(folder, workspace.claim)


def _unfit(method: Method, base: Base) -> Iterator[Problem]:
    if base.modality not in method.storage:
        fitting = ", ".join(name for name, m in METHODS.items() if base.modality in m.storage)
        yield Problem(
            "method",
            f"one that can adapt a base for {base.modality}",
            f"'{method.name}', which is for {'/'.join(method.storage)}",
            f"Choose one of {fitting}.",
        )


def _empty_splits(task: Task, data: TaskData) -> Iterator[Problem]:
    splits = {"train": data.train, "validation": data.validation, "test": data.test}
    for name, examples in splits.items():
        if not len(examples):
            yield Problem(
                f"task {task.name}: {name} split",
                "at least one example",
                "none",
                "Check the task's files, or raise max_train and max_eval.",
            )
