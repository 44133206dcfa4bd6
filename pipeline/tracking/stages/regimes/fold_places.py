"""Outer folds as versions are tuned in them: the ones that an alignment makes, and no others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.alignment.dataset.plan import make_plan
from pipeline.alignment.folds import nested_folds
from pipeline.brains.dataset import BrainDataset
from pipeline.config import AlignConfig
from pipeline.data.regimes import FoldRows
from pipeline.errors import AlignmentError, Problem, refuse

#: Tags of a version: the outer fold it belongs to, a digest of that fold, and the brain dataset
#: whose stimuli it was tuned on.
FOLD, FOLD_DIGEST, TUNED_ON = "fold", "fold_digest", "tuned_on"


@dataclass(frozen=True)
class FoldPlace:
    """An outer fold that a version is tuned in.

    Parameters
    ----------
    number : int
    rows : FoldRows
        Of its training stimuli; those of the first inner fold validate.
    digest : str
        Of which stimuli are trained on and which are held out.
    """

    number: int
    rows: FoldRows
    digest: str


def fold_places(config: AlignConfig, brain: BrainDataset) -> list[FoldPlace]:
    """Make the outer folds of an alignment, which are the same for all subjects.

    Parameters
    ----------
    config : AlignConfig
        Its fold, if it names one, is not looked at.
    brain : BrainDataset

    Raises
    ------
    AlignmentError
        All at once: folds that cannot be made, shuffled or repeated ones, and subjects who were
        shown different stimuli.
    """
    refuse(_problems(config, brain), AlignmentError)
    whole = config.model_copy(update={"fold": -1})
    groups = make_plan(whole, brain).groups
    places = []
    for number, fold in enumerate(nested_folds(groups, whole)):
        train, first = fold.outer.train, fold.inner[0]
        mark = hashlib.sha256(brain.stimuli.digest.encode())
        for rows in (train, fold.outer.test):
            mark.update(repr(rows.tolist()).encode())
        tuned_on = FoldRows(train[first.train], train[first.test])
        places.append(FoldPlace(number, tuned_on, mark.hexdigest()[:16]))
    return places


def _problems(config: AlignConfig, brain: BrainDataset) -> Iterator[Problem]:
    n_stimuli = len(brain.stimuli)
    if config.split == "shuffled":
        yield Problem(
            "split",
            "folds of whole stimulus groups, where versions are tuned fold by fold",
            "'shuffled', in which groups leak into what is tuned on",
            "Use split 'grouped'.",
        )
    if config.repeats > 1:
        yield Problem(
            "repeats",
            "1 where versions are tuned fold by fold: other folds need other versions",
            str(config.repeats),
            "Leave repeats out, or give the study several seeds.",
        )
    for name, subject in brain.subjects.items():
        n_shown = len(subject.rows(n_stimuli))
        if n_shown != n_stimuli:
            yield Problem(
                f"{brain.name}, subject {name}",
                f"all {n_stimuli} stimuli shown to every subject, who share folds and versions",
                f"{n_shown} of them",
                "Leave the subject out, or tune in regime 'task'.",
            )


def check_fold(tags: Mapping[str, str], config: AlignConfig, brain: BrainDataset) -> None:
    """Refuse to score a version that belongs to one outer fold on any other stimuli.

    Parameters
    ----------
    tags : mapping of str to str
        Of the version; one that belongs to no fold is not looked at.
    config : AlignConfig
    brain : BrainDataset

    Raises
    ------
    AlignmentError
        Another brain dataset, no fold or another one, or folds that are made in another way.
    """
    if FOLD not in tags:
        return
    number = int(tags[FOLD])
    problems = []
    if brain.name != tags[TUNED_ON]:
        expected = f"{tags[TUNED_ON]}, on whose training stimuli the version was tuned"
        problems.append(Problem("brain", expected, brain.name, "Change brain."))
    if config.fold != number:
        finding = "all folds" if config.fold < 0 else str(config.fold)
        expected = f"{number}, the outer fold whose test stimuli the version has not seen"
        problems.append(Problem("fold", expected, finding, f"Pass fold={number}."))
    refuse(problems, AlignmentError)
    place = next((p for p in fold_places(config, brain) if p.number == number), None)
    if place is None or place.digest != tags[FOLD_DIGEST]:
        expected = "the split, folds, seed and near_identical that the version was tuned in"
        finding = f"split={config.split}, folds={config.folds}, seed={config.seed}, "
        finding += f"near_identical={config.near_identical}: other stimuli are held out"
        remedy = "Use the settings of align that its study had: the params of its tune run."
        raise AlignmentError(Problem("folds", expected, finding, remedy))
