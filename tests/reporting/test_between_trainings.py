"""The spread between trainings stands in the report where three seeds say something of it."""

import numpy as np

from pipeline.reporting.sections.between_trainings import between_trainings_table


def test_a_difference_has_its_spread_between_trainings(whole_study):
    overall = whole_study.overall.assign(
        training_sd=np.nan, training_low=np.nan, training_high=np.nan
    )
    assert between_trainings_table(overall) is None
    assert between_trainings_table(whole_study.overall) is None  # of an older study
    first, untrained = overall.index[:2]
    columns = ["training_sd", "training_low", "training_high", "n_seeds"]
    overall.loc[first, columns] = [0.012, 0.004, 0.09, 3]
    overall.loc[untrained, columns] = [0.0, 0.0, 0.0, 3]  # as base less pixels
    table = between_trainings_table(overall)
    assert table.texts["between trainings"].tolist() == ["0.012"]
    assert table.texts["95 % interval"].tolist() == ["0.004 to 0.090"]
    assert table.texts["trainings"].tolist() == ["3"]
