"""A figure of how often differences in 2v2 accuracy would be found."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from pipeline.reporting.figures.style import CHANCE_LINE, STYLE


def power_figure(title: str, tables: Mapping[int, pd.DataFrame]) -> Figure:
    """Draw the share of studies that find a difference, a line for each number of subjects.

    Parameters
    ----------
    title : str
    tables : mapping of int to DataFrame
        Number of subjects -> columns difference and found.
    """
    with rc_context(STYLE):
        figure = Figure(figsize=(6.5, 4.2), layout="constrained")
        panel = figure.subplots()
        for n_subjects, table in tables.items():
            panel.plot(table.difference, table.found, "o-", markersize=4, label=f"{n_subjects}")
        panel.axhline(0.8, **CHANCE_LINE)
        panel.set(
            ylim=(0, 1.02), xlabel="true difference in 2v2 accuracy", ylabel="studies that find it"
        )
        panel.legend(title="subjects", frameon=False)
        figure.suptitle(title, x=0.01, ha="left")
    return figure
