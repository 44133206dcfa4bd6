"""Entry point ``power``: how often a study would find a true difference in 2v2 of two models.

Simulates a pilot of subjects, stimuli and noise as asked, sees how much the difference between two
equally good models varies there, and simulates studies with that spread. For example, to plan a
study of single trials with 384 sentences and 10 subjects::

    python -m entrypoints.power --n_subjects 10 --n_stimuli 384 --figure power.png

Less noise (``--white_noise``, ``--group_noise``), more repeats or a stronger effect make subjects
alike in what they can tell; ``--heterogeneity`` is how much they truly differ.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from entrypoints.command_line import read_command, run_command
from pipeline.config import PowerConfig
from pipeline.errors import ConfigError, Problem

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.alignment.power.design import ContrastDesign
    from pipeline.alignment.power.pilot import Pilot


def main(arguments: Sequence[str]) -> None:
    """Print how often each difference would be found; draw it if asked."""
    config = read_command(PowerConfig, arguments)
    from pipeline.alignment.power.design import ContrastDesign
    from pipeline.alignment.power.estimate import power_table
    from pipeline.alignment.power.pilot import run_pilot

    pilot = run_pilot(config)
    between = math.hypot(pilot.spread.between_subjects, config.heterogeneity)
    if between == pilot.spread.within == 0:
        remedy = "Raise heterogeneity, or the noise."
        expected = "above 0 where the simulated models do not differ in any fold"
        raise ConfigError(Problem("heterogeneity", expected, "0", remedy))
    design = ContrastDesign(
        config.n_subjects, config.folds, between, pilot.spread.within, config.alpha, config.test
    )
    print(_text(config, pilot, design, power_table(design, config.true_differences, config.seed)))
    if config.figure:
        _draw(config, design, max(config.true_differences, key=abs))


def _text(config: PowerConfig, pilot: Pilot, design: ContrastDesign, table: pd.DataFrame) -> str:
    readable = table.assign(subjects_needed=[n or "too many" for n in table.subjects_needed])
    names = {"standard_error": "+-", "wrong_sign": "wrong sign", "subjects_needed": "n for 80 %"}
    listed: str = readable.rename(columns=names).round(3).to_string(index=False)
    return (
        f"Simulated: {config.n_stimuli} sentences, {config.n_repeats} times each, in "
        f"{config.folds} folds; two models with {config.direction} 2v2 of {pilot.mean:.3f} in "
        f"{config.pilot_subjects} subjects.\n"
        f"Their difference varies by {design.sd_within:.3f} over the folds of a subject, and by "
        f"{design.sd_between_subjects:.3f} over subjects.\n"
        f"A study of {config.n_subjects} subjects ({config.test} test, alpha {config.alpha:g}) "
        f"finds a true difference in this share of cases:\n\n{listed}"
    )


def _draw(config: PowerConfig, design: ContrastDesign, largest: float) -> None:
    """Draw half, all and twice the subjects, as far as the test can have them."""
    import pandas as pd

    from pipeline.alignment.power.estimate import power_of_contrast
    from pipeline.config.power import MOST_FLIPPED
    from pipeline.reporting.figures.power import power_figure

    most = MOST_FLIPPED if config.test == "sign-flip" else math.inf
    numbers = [n for n in (config.n_subjects // 2, config.n_subjects, 2 * config.n_subjects)
               if 2 <= n <= most]  # fmt: skip
    steps = [largest * step / 12 for step in range(13)]
    tables = {}
    for n in numbers:
        planned = replace(design, n_subjects=n)
        rates = [power_of_contrast(planned, d, seed=config.seed).rate for d in steps]
        tables[n] = pd.DataFrame({"difference": steps, "found": rates})
    title = f"Power with {config.n_stimuli} simulated sentences, {config.test} test"
    power_figure(title, tables).savefig(config.figure, dpi=150)
    print(f"\nfigure: {config.figure}")


if __name__ == "__main__":
    run_command(main)
