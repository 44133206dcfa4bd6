"""Entry point ``align``: encoding and decoding 2v2 accuracy per ROI and subject."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from entrypoints.command_line import read_command, run_command
from pipeline.config import AlignConfig
from pipeline.tracking.first_look import check_model

if TYPE_CHECKING:
    from pipeline.tracking.stages.align.aligned import Aligned


def main(arguments: Sequence[str]) -> None:
    """Align and print the accuracies."""
    config = read_command(AlignConfig, arguments)
    if not config.features:
        check_model(config.model)
    from pipeline.tracking.stages.align.aligned import MAPS
    from pipeline.tracking.stages.align.stage import run_align
    from pipeline.tracking.store import open_store

    open_store()
    aligned = run_align(config)
    print(f"2v2 accuracy of {config.model} with {config.brain} (chance 0.5):")
    for line in _lines(aligned):
        print(line)
    print(f"scores: run {aligned.run_id}")
    if config.maps:
        print(f"maps of voxels: folder {MAPS} of the same run")


def _lines(aligned: Aligned) -> Iterator[str]:
    from pipeline.alignment import best_layers
    from pipeline.words import MODEL

    every = aligned.every_score()
    for split, rows in every[every.source == MODEL].groupby("split", sort=False):
        yield f"{split} folds"
        table = best_layers(rows, aligned.objective).pivot_table(
            values="two_vs_two", index=["direction", "roi"], columns="subject", sort=False
        )
        yield table.round(3).to_string()
    ceilings = aligned.ceilings()
    for split, rows in ceilings.groupby("split", sort=False) if not ceilings.empty else ():
        yield f"noise ceilings of encoding, {split} folds, mean over subjects"
        by_kind = rows.pivot_table(values="two_vs_two", index="kind", columns="roi", sort=False)
        yield by_kind.round(3).to_string()
    for split, rows in aligned.unique().groupby("split", sort=False):
        means = rows.groupby("roi", sort=False)["unique"].mean()
        gains = ", ".join(f"{roi} {mean:+.3f}" for roi, mean in means.items())
        yield f"encoding beyond nuisance features, {split} folds: {gains}"
    tested = aligned.p_values()
    if not tested.empty:
        yield f"p values of {tested.permutations.iloc[0]} permutations"
        by_subject = tested.pivot(index=["direction", "roi"], columns="subject", values="p")
        yield by_subject.to_string(float_format="{:.4f}".format)


if __name__ == "__main__":
    run_command(main)
