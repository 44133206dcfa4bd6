"""Calibration of the intervals between methods, by simulation.

Command: ``python -m studies.calibration [--studies n] [--jobs n] [--write]``

Simulates studies with a known truth, scores them with the alignment engine (alpha and layer chosen
inside the training folds), and counts how often a 95 % interval holds the truth. What is simulated
is kept in ``--folder`` (outputs/calibration), a file for every ten studies: the same command goes
on from there, with the quickest worlds first, in as many processes as ``--jobs`` says and to the
same bits whatever their number. 500 studies of every world take about 70 minutes of one core;
``--studies 0`` counts what is kept. ``--write`` puts the table into docs/evidence.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from studies.calibration.coverage import Coverage, compared, coverage
from studies.calibration.kept import BATCH, path_of, read_batches, simulate_batches
from studies.calibration.tables import line_of, write_between
from studies.calibration.world import MODELS, World

MARKS = "<!-- calibration: begin -->", "<!-- calibration: end -->"
NOISES = ("ordinary", "low")
WORLDS = (
    *(World(g, n, "grouped", s) for g in (24, 72) for n in NOISES for s in (1, 3)),
    *(World(g, "ordinary", "topics", 1) for g in (24, 72)),
    World(24, "ordinary", "known topics", 1),
    *(World(g, n, "grouped", 1, "decoding") for g in (24, 72) for n in NOISES),
    *(World(72, n, "grouped", 3, "decoding") for n in NOISES),
    *(World(g, "ordinary", "grouped", 1, on_the_way=True) for g in (24, 72)),
    *(World(g, n, "grouped", 1, same_people=True) for g in (24, 72) for n in NOISES),
    *(World(72, n, "grouped", 1, "decoding", same_people=True) for n in NOISES),
    *(World(g, n, "grouped", 1, tuned_in_folds=True) for g in (24, 72) for n in NOISES),
    *(World(72, n, "grouped", 1, same_people=True, tuned_in_folds=True) for n in NOISES),
)
#: Studies of smaller seeds were looked at when the variance was chosen: others have to show it.
FIRST = 300
#: And of the same people where the variance of one subject was.
FIRST_OF_PEOPLE = 410
#: So many more where that of versions of single folds was.
LOOKED_AT_IN_FOLDS = 250
SUBJECTS = (3, 9)
CORRELATED = {
    "grouped": "groups",
    "topics": "groups, and topics of 4",
    "known topics": "passages; topics are the groups",
}
#: Examples that validation scores are measured on: as many as there may be, and as in the demo.
VALIDATED_ON = (0, 300)
COLUMNS = (
    "compared",
    "direction",
    "groups",
    "noise",
    "correlated in",
    "trainings",
    "subjects",
    "studies",
    "false positives",
    "coverage, no difference",
    "coverage, a difference",
    "that difference",
    "half width",
    "found",
)


def main() -> None:
    """Simulate what is missing, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m studies.calibration", description=__doc__)
    parser.add_argument("--studies", type=int, default=500, help="simulated studies a world")
    parser.add_argument("--jobs", type=int, default=1, help="processes, one thread each")
    parser.add_argument("--folder", type=Path, default=Path("outputs/calibration"))
    parser.add_argument("--write", action="store_true", help="put the table into docs/evidence.md")
    options = parser.parse_args()
    missing = list(missing_batches(options.studies, options.folder))
    for n_done in simulate_batches(missing, options.folder, options.jobs):
        print(f"{n_done} of {len(missing)} batches", end="\r", file=sys.stderr, flush=True)
    header = [line_of(COLUMNS), line_of(["---"] * len(COLUMNS))]
    table = "\n".join([*header, *rows(options.folder)])
    print(table)
    if options.write:
        write_between(MARKS, table)


def missing_batches(n_studies: int, folder: Path) -> Iterator[tuple[World, int]]:
    """Yield the batches that are not kept yet, those of the quickest worlds first."""
    for world in sorted(WORLDS, key=lambda world: (world.n_versions, world.n_passages)):
        first = first_seed(world) // BATCH
        for number in range(first, first + -(-n_studies // BATCH)):
            if not path_of(world, number, folder).is_file():
                yield world, number


def first_seed(world: World) -> int:
    """Give the seed of the first study of a world that is counted."""
    first = FIRST_OF_PEOPLE if world.same_people else FIRST
    return first + LOOKED_AT_IN_FOLDS if world.tuned_in_folds else first


def rows(folder: Path) -> Iterator[str]:
    """Yield a row of the table for each world of which studies are kept, and number of subjects."""
    for world in WORLDS:
        studies = list(read_batches(world, folder, first_seed(world)))
        sizes = VALIDATED_ON if world.on_the_way else (0,)
        subjects = (1,) if world.same_people else SUBJECTS
        for n_examples in sizes if studies else ():
            pairs = {second: compared(world, studies, second, n_examples) for second in MODELS[1:]}
            for n_subjects in subjects:
                null, other = (
                    coverage(world, own, second, n_subjects) for second, own in pairs.items()
                )
                yield row(world, n_examples, null, other)


def row(world: World, n_examples: int, null: Coverage, other: Coverage) -> str:
    """Put the contrasts of one world and number of subjects into a row."""
    of_examples = f" of {n_examples} examples" if n_examples else ""
    compared = f"at equal task score{of_examples}" if world.on_the_way else "in the end"
    cells = (
        f"{compared}, a version a fold" if world.tuned_in_folds else compared,
        world.direction,
        world.n_groups,
        world.noise,
        CORRELATED[world.structure],
        world.n_seeds,
        null.n_subjects,
        null.n_studies,
        f"{null.positives:.3f}",
        f"{null.covered:.3f}",
        f"{other.covered:.3f}",
        f"{other.difference:.3f}",
        f"{other.half_width:.3f}",
        f"{other.positives:.2f}",
    )
    return line_of(cells)


if __name__ == "__main__":
    main()
