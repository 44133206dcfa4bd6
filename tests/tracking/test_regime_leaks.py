"""Tuning on responses that mean nothing gives chance on held-out stimuli; a leak would not."""

import numpy as np
import pandas as pd
import pytest

from pipeline.alignment import align, best_layers
from pipeline.alignment.contrasts.pair_sums import unpack
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.permutations.chance_band import chance_bands
from pipeline.brains.dataset import Stimuli
from pipeline.brains.load import load_brain
from pipeline.config import ScoreConfig, TuneConfig
from pipeline.data.regimes import FoldRows, regime_data, regime_task
from pipeline.models.bases import BASES
from pipeline.tuning.methods import METHODS
from pipeline.tuning.recorder import Silent
from pipeline.tuning.regimes import tune_regime
from pipeline.tuning.session import Session

SETTINGS = ScoreConfig(folds=2, inner_folds=2, trials=4)
N_STIMULI = 96
TUNED = {"base": "tiny-gpt2", "task": "brain", "method": "full", "learning_rate": 1e-3}
TUNED |= {"batch_size": 32, "max_steps": 40, "eval_every": 20, "patience": 9}


@pytest.fixture(scope="module")
def shuffled():
    """Sentences, their passages, and responses that were dealt to passages at random."""
    brain = load_brain("simulated-sentences", "")
    stimuli = Stimuli(brain.stimuli.items[:N_STIMULI], brain.stimuli.groups[:N_STIMULI])
    groups = stimuli.groups
    order = np.random.default_rng(0).permutation(np.unique(groups))
    rows = np.concatenate([np.flatnonzero(groups == name) for name in order])
    subject = next(iter(brain.subjects.values()))
    return stimuli, subject.values[rows][:, subject.rois["language"]]


def features_tuned_on(stimuli, responses, rows):
    base = BASES["tiny-gpt2"]
    data = regime_data(stimuli.items, responses, rows, "brain", "simulated")
    task = regime_task("text", "brain", data)
    config = TuneConfig.model_validate(TUNED)
    session = Session(config, base, base.folder(), task, data, METHODS["full"])
    features = tune_regime(session, Silent()).model.features(stimuli.items)
    return {f"layer_{n:02d}": features[:, n] for n in range(features.shape[1])}


def scores_of(stimuli, responses, rows_of):
    """Tune in every fold on the rows that a function gives, and score the fold's test stimuli."""
    tables, sums = [], []
    for number, fold in enumerate(nested_folds(stimuli.groups, SETTINGS)):
        features = features_tuned_on(stimuli, responses, rows_of(fold))
        own = SETTINGS.model_copy(update={"fold": number})
        rois = {"language": responses}
        table = align(features, rois, stimuli.groups, own, directions=("encoding",))
        sums.append(unpack(table.attrs["pair_sums"]).assign(fold=number))
        tables.append(best_layers(pd.DataFrame(table)))
    every = pd.concat(sums).assign(subject="s1", split="grouped")
    (band,) = chance_bands(every).itertuples()
    return pd.concat(tables).two_vs_two.mean(), band


def test_shuffled_responses_give_chance_where_versions_belong_to_folds(shuffled):
    score, band = scores_of(
        *shuffled,
        lambda fold: FoldRows(
            fold.outer.train[fold.inner[0].train], fold.outer.train[fold.inner[0].test]
        ),
    )
    assert band.low <= score <= band.high


def test_they_would_not_where_a_version_had_seen_the_held_out_responses(shuffled):
    everything = np.arange(len(shuffled[0]))
    score, band = scores_of(*shuffled, lambda _: FoldRows(everything, everything))
    assert score > band.high
