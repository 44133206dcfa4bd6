"""Adaptation of a base to a task: search if asked, train, score, compare with the base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.data.task import Task, TaskData
from pipeline.errors import Problem, TuningError, refuse
from pipeline.tuning.forms import FORMS
from pipeline.tuning.recorder import DoneElsewhereError, Recorder, Workspace
from pipeline.tuning.scores.bertscore import NAMES
from pipeline.tuning.scores.task_score import TaskScore
from pipeline.tuning.scoring import constant_scores, score
from pipeline.tuning.search.choices import Choice
from pipeline.tuning.session import Session
from pipeline.tuning.training.devices import agree, rank
from pipeline.tuning.training.schedule import Training
from pipeline.tuning.training.states import states_in
from pipeline.tuning.tuned import OnTheWay, Tuned, count_cut_examples

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel

#: What each example adds to a score, by its name: of shape (n_examples, n_statistics).
Statistics = Mapping[str, NDArray[np.float64]]


def tune(
    session: Session,
    recorder: Recorder,
    workspace: Workspace | None = None,
    untuned: Statistics | None = None,
) -> Tuned | None:
    """Adapt a base to a task.

    Parameters
    ----------
    session : Session
        Base, task, method, and the task's three splits; ``test`` is touched once, at the end.
    recorder : Recorder
    workspace : Workspace, optional
        Where a tuning that is killed leaves what it has; without one it leaves nothing.
    untuned : mapping of str to ndarray, optional
        Of the untuned base on the test split, as :func:`score_untuned` computes it; without it that
        is computed here.

    Returns
    -------
    Tuned or None
        None in all but the first of several processes that train together.

    Raises
    ------
    TuningError
        When the base does not have what the method needs, the examples do not fit, or training
        diverges.
    BaseUnreachableError
        When the model behind BERTScore is not to be had.
    DoneElsewhereError
        When another process has finished the same meanwhile.
    """
    refuse_misfit(session)
    with place_of(workspace) as place:
        model, choice, training = adapt(session, recorder, place)
        if training is not None and rank():
            return None
        return _scored(session, model, choice, training, untuned)


def adapt(
    session: Session, recorder: Recorder, place: Workspace
) -> tuple[TunedModel, Choice, Training | None]:
    """Adapt a base: search if asked, and train; None in the place of a control's training.

    Raises
    ------
    TuningError, DoneElsewhereError
        As :func:`tune`.
    """
    method = session.method
    choice = session.choose(recorder, place.journal)
    done = agree(place.claim())  # in all processes, or the others would wait for the first
    if done is not None:
        raise DoneElsewhereError(done)
    if not method.recipes:
        return session.adapted(method, choice.prompt_length), choice, None
    recorder.settled(session.recipe, choice)
    folders = place.checkpoints, place.states
    model, training = session.run(choice, recorder.progress, *folders)
    method.finish(model)
    return model, choice, training


def refuse_misfit(session: Session) -> None:
    """Refuse what does not fit together, before anything expensive.

    Raises
    ------
    TuningError
        When the base does not have what the method needs, or the examples do not fit.
    BaseUnreachableError
        When the model behind BERTScore is not to be had.
    """
    refuse([*session.problems(), *empty_splits(session.task, session.data)], TuningError)
    _check_scorer(session)


def score_untuned(session: Session) -> Mapping[str, TaskScore]:
    """Score the base that nothing was done to on the test split, whatever the session's method."""
    return score(session.untuned(), session.data.test, session.scorer)


def interpolations(
    session: Session, full_folder: Path, alphas: Sequence[float], untuned: Statistics
) -> Iterator[Tuned]:
    """Score models between a base and a version of it tuned by full; nothing is trained.

    Parameters
    ----------
    session : Session
        Its method is one that interpolates.
    full_folder : Path
        The version tuned by full, as a tuned model's folder.
    alphas : sequence of float
        Places between the base, 0, and that version, 1.
    untuned : mapping of str to ndarray
        Of the untuned base on the test split, as for :func:`tune`.

    Raises
    ------
    TuningError
        The version is none of this base and task tuned by full.
    """
    refuse(empty_splits(session.task, session.data), TuningError)
    _check_scorer(session)
    for alpha in alphas:
        yield _scored(
            session, session.model_between(full_folder, alpha), Choice(0.0, 0), None, untuned
        )


def on_the_way(session: Session, choice: Choice, states: Path) -> Iterator[OnTheWay]:
    """Score models as they were on the way of a training, on the validation split alone.

    Parameters
    ----------
    session : Session
    choice : Choice
        What the training was done with.
    states : Path
        Folder of the states that it left.
    """
    for step, path in states_in(states).items():
        model = session.model_at(path, choice)
        yield OnTheWay(step, model, score(model, session.data.validation, session.scorer))


def _scored(
    session: Session,
    model: TunedModel,
    choice: Choice,
    training: Training | None,
    untuned: Statistics | None,
) -> Tuned:
    """Score a model on the held-out splits, and compare it with the base and a constant answer."""
    data = session.data
    validation = score(model, data.validation, session.scorer)
    test = score(model, data.test, session.scorer)
    constant = constant_scores(session.task, data, session.scorer)
    base_test = _base_scores(session, test, untuned)
    cuts = count_cut_examples(model, data)
    return Tuned(model, choice, training, validation, test, base_test, constant, cuts)


def _base_scores(
    session: Session, test: Mapping[str, TaskScore], untuned: Statistics | None
) -> Mapping[str, TaskScore]:
    """Give the scores of the base: the model's own where that is the base, or what is known."""
    if session.method.name == "base":
        return test
    if untuned is None:
        return score_untuned(session)
    # the same scores of the same examples are the same formulas of other sums
    return {name: TaskScore(untuned[name], of.formula) for name, of in test.items()}


@contextmanager
def place_of(workspace: Workspace | None) -> Iterator[Workspace]:
    """Give a workspace: the one that lasts, or else one for the moment."""
    with ExitStack() as stack:
        if workspace is None:
            name = stack.enter_context(TemporaryDirectory(prefix="tuning-"))
            workspace = Workspace(Path(name), lambda: None)
        folder = agree(workspace.folder)  # several processes read the same checkpoints
        folder.mkdir(parents=True, exist_ok=True)
        yield Workspace(folder, workspace.claim)


def _check_scorer(session: Session) -> None:
    """Load the model behind BERTScore, if the task has that score, before anything is trained."""
    examples, scorer, task = session.data.test, session.scorer, session.task
    form = FORMS[task.modality, task.form]
    used = set(NAMES) & set(scorer.choose(task.scores))
    if rank() == 0 and used:
        scorer.check(form.references(examples))


def empty_splits(task: Task, data: TaskData) -> Iterator[Problem]:
    """Find splits without examples."""
    splits = {"train": data.train, "validation": data.validation, "test": data.test}
    for name, examples in splits.items():
        if not len(examples):
            yield Problem(
                f"task {task.name}: {name} split",
                "at least one example",
                "none",
                "Check the task's files, or raise max_train and max_eval.",
            )
