"""Scores of one version with one brain dataset, read from the run of their alignment."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mlflow
import pandas as pd

from pipeline.alignment.score_tables import unique_part
from pipeline.tracking.remembered import run_with
from pipeline.tracking.runs import artifact
from pipeline.tracking.score_files import read_scores
from pipeline.tracking.stages.align.reference import PAIR_SUMS
from pipeline.words import MODEL, Objective

SCORES, CEILINGS, ALPHAS = "scores.csv", "ceilings.csv", "alphas.csv"
P_VALUES, JOINT_P_VALUES, NULLS = "p_values.csv", "joint_p_values.csv", "null_scores.parquet"
FIT_TABLE, PARTITION, MAPS = "fit_scores.csv", "partition.csv", "maps"


@dataclass(frozen=True)
class Aligned:
    """The scores of one version with one brain dataset, and the runs that hold them.

    Parameters
    ----------
    run_id : str
        Of the align run.
    extract_run : str
        Of the run whose features were scored.
    brain : str
        Name of the brain dataset.
    simulated : bool
        Whether its subjects are.
    """

    run_id: str
    extract_run: str
    brain: str
    simulated: bool

    @property
    def objective(self) -> Objective:
        """The inner score that chose alphas, and by which layers are chosen."""
        named: Objective = run_with(self.run_id).data.params["objective"]
        return named

    def every_score(self) -> pd.DataFrame:
        """Read every score: one row a subject, split, source, repeat, direction, ROI, layer, fold.

        ``source`` is 'model', 'nuisance' (features that are none of a model) or 'both' (a layer
        beside all nuisance features). ``fold`` goes on over repeats, so it tells them apart too.
        Where ``split`` was shuffled, there are rows in grouped folds as well.
        """
        return read_scores(artifact(self.run_id, SCORES))

    def scores(self) -> pd.DataFrame:
        """Read the scores of the model in the split that was asked for."""
        return model_scores(self.every_score())

    def unique(self) -> pd.DataFrame:
        """Read what the model explains beyond nuisance features, in every split."""
        return unique_part(self.every_score(), self.objective)

    def alphas(self) -> pd.DataFrame:
        """Read the alphas tried and their inner scores: see :class:`Computed`."""
        return read_scores(artifact(self.run_id, ALPHAS))

    def ceilings(self) -> pd.DataFrame:
        """Read the noise ceilings; no rows where there are none."""
        ceilings = read_scores(artifact(self.run_id, CEILINGS))
        # those of a run that was made before ceilings were tested have no p
        return ceilings.assign(p=ceilings.get("p", math.nan))

    def pair_sums(self) -> pd.DataFrame:
        """Read 2v2 summed over pairs of stimulus groups, in every split."""
        if not self._holds(PAIR_SUMS):
            return pd.DataFrame()  # of a run that was made before they were kept
        return pd.read_parquet(artifact(self.run_id, PAIR_SUMS))

    def p_values(self) -> pd.DataFrame:
        """Read the p value of each subject, direction and ROI; no rows where none was asked for."""
        if run_with(self.run_id).data.params["permutations"] == "0":
            return pd.DataFrame()
        return pd.read_csv(artifact(self.run_id, P_VALUES), dtype={"subject": str, "roi": str})

    def joint_p_values(self) -> pd.DataFrame:
        """Read the tests over all subjects; no rows where no permutations were asked for."""
        if run_with(self.run_id).data.params["permutations"] == "0":
            return pd.DataFrame()
        return pd.read_csv(artifact(self.run_id, JOINT_P_VALUES), dtype={"roi": str})

    def nulls(self) -> pd.DataFrame:
        """Read the null scores: subject, direction, roi, permutation (0: as it was), two_vs_two."""
        return pd.read_parquet(artifact(self.run_id, NULLS))

    def fit_scores(self) -> pd.DataFrame:
        """Read the scores beside 2v2 of the model's encoding: see :class:`Computed`."""
        if not self._holds(FIT_TABLE):
            return pd.DataFrame()  # of a run that was made before they were kept
        return read_scores(artifact(self.run_id, FIT_TABLE))

    def partition(self) -> pd.DataFrame:
        """Read the parts of R² of the model's encoding; no rows where they were not asked for."""
        if not self._holds(PARTITION):
            return pd.DataFrame()
        return read_scores(artifact(self.run_id, PARTITION))

    def _holds(self, name: str) -> bool:
        return any(file.path == name for file in mlflow.MlflowClient().list_artifacts(self.run_id))


def model_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Select the rows of the model in the split that was asked for, which comes first."""
    rows = (scores.source == MODEL) & (scores.split == scores.split.iloc[0])
    return scores[rows].reset_index(drop=True)
