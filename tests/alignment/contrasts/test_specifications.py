"""All specifications are tested at once, and stand in one table."""

import itertools

import numpy as np
import pandas as pd
import pytest

from pipeline.alignment.contrasts.compared_pairs import PRIMARY
from pipeline.alignment.contrasts.sign_flip import sign_flip_p
from pipeline.alignment.contrasts.specifications import specification_p, specification_table
from pipeline.alignment.contrasts.table import Contrasts

PLACE = {"modality": "text", "brain": "b", "simulated": True, "direction": "encoding"}


def test_one_specification_is_a_sign_flip_test(rng):
    values = rng.normal(0.3, 1, 7)
    assert specification_p(values[None]) == sign_flip_p(values)


def test_the_joint_test_counts_every_way_to_flip_subjects_alike(rng):
    values = rng.normal(0.5, 1, (5, 6))
    observed = abs(np.median(values.mean(axis=1)))
    as_large = [
        abs(np.median((values * signs).mean(axis=1))) >= observed - 1e-12
        for signs in itertools.product((1, -1), repeat=6)
    ]
    assert specification_p(values) == pytest.approx(np.mean(as_large))
    assert specification_p(-values) == specification_p(values)


def test_unrelated_specifications_are_called_different_one_time_in_twenty():
    rng = np.random.default_rng(0)
    p = [specification_p(rng.standard_normal(8) + rng.standard_normal((6, 8))) for _ in range(300)]
    assert 0.02 <= np.mean(np.array(p) <= 0.05) <= 0.09


def contrasts(difference, subjects, splits=("grouped",)):
    families = [
        {**PLACE, "split": split, "family": PRIMARY, "difference": difference, "low": 0.0,
         "high": 1.0, "reason": "", "n_cells": 2}
        for split in splits
    ]  # fmt: skip
    rows = [
        {**PLACE, "split": split, "family": family, "subject": name, "difference": value}
        for split in splits
        for family, sign in ((PRIMARY, 1), ("less base", -9))
        for name, value in ((n, sign * v) for n, v in subjects.items())
    ]
    empty = pd.DataFrame()
    return Contrasts(empty, pd.DataFrame(rows), empty, pd.DataFrame(families))


def test_every_specification_has_a_row_and_all_have_one_p():
    by_specification = {
        "": contrasts(0.2, {"s1": 0.1, "s2": 0.3}),
        "split=shuffled": contrasts(0.3, {"s1": 0.2, "s2": 0.4}, ("shuffled", "grouped")),
    }
    table = specification_table(by_specification)
    assert table.specification.tolist() == ["", "split=shuffled"]
    assert table.difference.tolist() == [0.2, 0.3]
    assert (table.p_joint == specification_p([[0.1, 0.3], [0.2, 0.4]])).all()
    assert (table.least_p_joint == 0.5).all()
    assert specification_table({"": Contrasts(*[pd.DataFrame()] * 4)}).empty
