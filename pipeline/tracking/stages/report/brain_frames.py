"""Frames of a report that the alignments of a study fill, each of every tuned model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from pipeline.alignment import best_layers
from pipeline.alignment.permutations.chance_band import chance_bands
from pipeline.alignment.score_tables import unique_part
from pipeline.alignment.scores import FIT_SCORES, PARTITION_SCORES
from pipeline.tracking.lineage import Link
from pipeline.tracking.registered import Registered
from pipeline.tracking.remembered import run_with
from pipeline.tracking.stages.align.aligned import Aligned, model_scores
from pipeline.tracking.stages.align.reference import Reference
from pipeline.tracking.stages.report.cells import aligned_of, cell_of
from pipeline.words import MODEL, Objective

LAYER_KEY = ["base", "task", "method", "seed", "brain", "direction", "roi", "subject", "layer"]
CEILING_KEY = ["brain", "kind", "split", "subject", "roi"]


def brain_frames(
    links: Sequence[Link], models: Mapping[str, Registered], sums: Mapping[Link, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Read what alignments logged.

    Parameters
    ----------
    links : sequence of Link
    models : mapping of str to Registered
        By URI.
    sums : mapping of Link to DataFrame
        As :func:`pipeline.tracking.stages.report.cells.sums_of` reads them.

    Returns
    -------
    dict of str to DataFrame
        Fields of :class:`pipeline.reporting.results.StudyResults`.
    """
    frames: dict[str, list[pd.DataFrame]] = {}
    for link in links:
        for name, frame in _frames_of(link, models[link.model], sums.get(link)).items():
            frames.setdefault(name, []).append(frame)
    whole = {name: pd.concat(several, ignore_index=True) for name, several in frames.items()}
    profile = whole["layer_profile"].groupby(LAYER_KEY, sort=False).two_vs_two.mean().reset_index()
    ceilings = whole["ceilings"].drop_duplicates(CEILING_KEY)
    return {
        **whole,
        "layer_profile": numbered(profile),
        "ceilings": ceilings,
        "rsa_ceilings": _rsa_ceilings(links),
    }


def _frames_of(
    link: Link, registered: Registered, sums: pd.DataFrame | None
) -> dict[str, pd.DataFrame]:
    aligned, cell = aligned_of(link), cell_of(link, registered)
    every, objective = aligned.every_score(), aligned.objective
    split = every.split.iloc[0]  # of several, only the one asked for is tested
    encoding = {**cell, "direction": "encoding"}
    return {
        "brain_scores": _best(every, objective).assign(**cell),
        "layer_profile": model_scores(every).assign(**cell),
        "unique": unique_part(every, objective).assign(**encoding),
        "p_values": aligned.p_values().assign(**cell, split=split),
        "chance": _chance(aligned, sums, split).assign(**cell),
        "fit_scores": _fit_scores(aligned).assign(**encoding),
        "ceilings": aligned.ceilings().assign(brain=link.brain, direction="encoding"),
    }


def chosen_scores(link: Link, registered: Registered) -> pd.DataFrame:
    """Read the scores of one model with one brain dataset, of the layer chosen in each fold.

    Parameters
    ----------
    link : Link
    registered : Registered
        Its model.

    Returns
    -------
    DataFrame
        The rows of :meth:`Aligned.every_score` that are the model's, in every split, with base,
        task, method, seed, brain and simulated beside them.

    Raises
    ------
    PipelineError
        What a run logged is gone or damaged.
    """
    aligned = aligned_of(link)
    best = _best(aligned.every_score(), aligned.objective)
    return best.assign(**cell_of(link, registered))


def _best(every: pd.DataFrame, objective: Objective) -> pd.DataFrame:
    by_split = every[every.source == MODEL].groupby("split", sort=False)
    return pd.concat(best_layers(rows, objective) for _, rows in by_split)


def _chance(aligned: Aligned, sums: pd.DataFrame | None, split: str) -> pd.DataFrame:
    """Give the band of unrelated models: by permutations of a split, or by counts of groups."""
    tested = aligned.joint_p_values()
    if "low" in tested:  # else it was made before bands were kept
        columns = ["direction", "roi", "low", "high", "p", "p_family", "permutations"]
        return tested[columns].assign(split=split)
    if sums is None:
        return pd.DataFrame()
    bands = chance_bands(sums[sums.source == MODEL])
    return bands.assign(p=math.nan, p_family=math.nan, permutations=0)


def _fit_scores(aligned: Aligned) -> pd.DataFrame:
    """Put scores beside 2v2 one below the other, by title; none where an ROI has none."""
    tables = (aligned.fit_scores(), FIT_SCORES), (aligned.partition(), PARTITION_SCORES)
    place = ["subject", "split", "repeat", "roi", "fold"]
    listed = []
    for table, registry in tables:
        if not table.empty:
            # a run may be older than a score
            titles = {name: score.title for name, score in registry.items() if name in table}
            named = table[[*place, *titles]].rename(columns=titles)
            listed.append(named.melt(place, var_name="score").dropna())
    return pd.concat(listed, ignore_index=True) if listed else pd.DataFrame()


def _rsa_ceilings(links: Sequence[Link]) -> pd.DataFrame:
    """Read the bounds of RSA with each brain dataset, which are the same beside every model."""
    references = {
        link.brain: Reference(run_with(link.align_run).data.tags["reference"]) for link in links
    }
    bounds = [own.rsa_ceilings().assign(brain=brain) for brain, own in references.items()]
    return pd.concat(bounds, ignore_index=True)


def numbered(table: pd.DataFrame) -> pd.DataFrame:
    """Give the layers of a table their numbers, so that an axis can show them."""
    return table if table.empty else table.assign(layer=table.layer.map(layer_number))


def layer_number(name: str) -> int:
    """Give the number of a layer that the store of features calls ``layer_07``; 0: embedding."""
    return int(name.removeprefix("layer_"))
