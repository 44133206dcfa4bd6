"""A view: one base and brain dataset, one direction and split, as one table and figure show it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from pipeline.reporting.aggregate import VIEW_KEYS
from pipeline.words import AS_THEY_ARE

SPLIT_WORDS = {
    "grouped": "grouped folds",
    "shuffled": "shuffled folds (stimulus groups split)",
    "contiguous": "contiguous folds",
    "leave-one-group-out": "one fold for each stimulus group",
}


@dataclass(frozen=True)
class View:
    """What one table or figure of brain scores is about.

    Parameters
    ----------
    base, brain : str
    simulated : bool
    direction : 'encoding' or 'decoding'
    split : 'grouped', 'shuffled', 'contiguous' or 'leave-one-group-out'
    """

    base: str
    brain: str
    simulated: bool
    direction: str
    split: str

    @property
    def subjects(self) -> str:
        """Name the brain dataset and say whether its subjects are simulated."""
        return f"{self.brain} (simulated subjects)" if self.simulated else self.brain

    @property
    def whose(self) -> str:
        """Name the base whose models are compared, or say that they were not tuned."""
        return self.base if self.base == AS_THEY_ARE else f"base {self.base}"

    @property
    def title(self) -> str:
        """Title of a table or figure of this view."""
        return self.titled("2v2 accuracy")

    def titled(self, measure: str) -> str:
        """Title of a table or figure that shows another measure of this view."""
        folds = SPLIT_WORDS.get(self.split, self.split)
        what = f"{self.direction.capitalize()} {measure}"
        return f"{what}: {self.subjects}, {self.whose}, {folds}"

    @property
    def name(self) -> str:
        """Name of the files of this view; the usual split is left out."""
        words = [self.direction, self.brain, self.base]
        return slug("-".join(words if self.split == "grouped" else [*words, self.split]))

    def rows_of(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Select the rows of this view, by those of its keys that the frame has."""
        chosen = pd.Series(True, index=frame.index)
        for key in VIEW_KEYS:
            if key in frame.columns:
                chosen &= frame[key] == getattr(self, key)
        return frame[chosen]


def views_of(brain_scores: pd.DataFrame) -> list[View]:
    """List the views of a study: brains and bases as they come, encoding before decoding."""
    rows = brain_scores[VIEW_KEYS].drop_duplicates().itertuples(index=False, name=None)
    views = [View(str(b), str(n), bool(sim), str(d), str(s)) for b, n, sim, d, s in rows]
    first = {(v.brain, v.base, v.split): number for number, v in reversed(list(enumerate(views)))}
    return sorted(views, key=lambda v: (first[v.brain, v.base, v.split], v.direction != "encoding"))


def slug(text: str) -> str:
    """Turn a name into one that any file system takes."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower()
