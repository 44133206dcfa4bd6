"""A figure of a brain dataset's stimuli: examples of them, and how large their groups are."""

from __future__ import annotations

import textwrap
from collections import Counter

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.brains.dataset import Stimuli
from pipeline.reporting.figures.style import FIGURE_WIDTH, STYLE, finish, plain

_SENTENCES, _COLUMNS, _ROWS = 16, 8, 5
_WIDEST = 84  # characters of a sentence on one line
_MOST_SIZES = 16  # of groups, each with a bar of its own


def stimuli_figure(title: str, stimuli: Stimuli) -> Figure:
    """Show sentences with their groups, or a sheet of pictures, and the sizes of groups.

    Parameters
    ----------
    title : str
    stimuli : Stimuli
        Examples are taken at even distances, and only they are read.
    """
    n_examples = _SENTENCES if stimuli.modality == "text" else _COLUMNS * _ROWS
    chosen = np.unique(np.linspace(0, len(stimuli) - 1, n_examples).round().astype(int))
    with rc_context(STYLE):
        figure = Figure(figsize=(FIGURE_WIDTH, 7.2), layout="constrained")
        examples = figure.add_subfigure(figure.add_gridspec(7, 1)[:5])
        sizes = figure.add_subfigure(figure.add_gridspec(7, 1)[5:])
        if isinstance(stimuli.items, tuple):
            _sentences(examples.subplots(), stimuli, chosen.tolist())
        else:
            for place, position in enumerate(chosen):
                panel = examples.add_subplot(_ROWS, _COLUMNS, place + 1)
                panel.imshow(stimuli.items[position], interpolation="nearest")
                panel.axis("off")
        _group_sizes(sizes.subplots(), stimuli)
        n_groups = len(np.unique(stimuli.groups))
        finish(figure, f"{title}: {len(chosen)} of {len(stimuli)} stimuli, in {n_groups} groups")
    return figure


def _sentences(panel: Axes, stimuli: Stimuli, chosen: list[int]) -> None:
    panel.axis("off")
    panel.set(xlim=(0, 1), ylim=(len(chosen), -0.5))
    for line, position in enumerate(chosen):
        group = textwrap.shorten(str(stimuli.groups[position]), 32, placeholder="…")
        text = textwrap.shorten(str(stimuli.items[position]), _WIDEST, placeholder=" …")
        panel.text(0.0, line, plain(group), va="center", color="#777777", fontsize=9)
        panel.text(0.26, line, plain(text), va="center", fontsize=9)


def _group_sizes(panel: Axes, stimuli: Stimuli) -> None:
    per_group = list(Counter(stimuli.groups.tolist()).values())
    panel.set(xlabel="stimuli in a group", ylabel="groups")
    counts = Counter(per_group)
    sizes = sorted(counts)
    if len(sizes) > _MOST_SIZES:
        panel.hist(per_group, bins=_MOST_SIZES)
        return
    bars = panel.bar(range(len(sizes)), [counts[size] for size in sizes], width=0.6)
    panel.bar_label(bars, fontsize=9)
    panel.set_xticks(range(len(sizes)), [str(size) for size in sizes])
    panel.set_xlim(-0.6, max(len(sizes), 4) - 0.4)
    panel.margins(y=0.25)
