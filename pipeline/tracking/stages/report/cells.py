"""Names of a cell of a study, as its tables carry them, and its alignment."""

from __future__ import annotations

from typing import Any

from pipeline.tracking.lineage import Link
from pipeline.tracking.registered import Registered
from pipeline.tracking.stages.align.aligned import Aligned


def aligned_of(link: Link) -> Aligned:
    """Give the alignment that a link is about."""
    return Aligned(link.align_run, link.extract_run, link.brain, link.simulated)


def cell_of(link: Link, registered: Registered) -> dict[str, Any]:
    """Give base, task, method, seed, brain and simulated of a tuned model with a brain dataset."""
    return {**key_of(registered), "brain": link.brain, "simulated": link.simulated}


def key_of(registered: Registered) -> dict[str, Any]:
    """Give base, task, method and seed, a number."""
    names = registered.names
    return {**names, "seed": int(names["seed"])}
