"""Tuning on responses that mean nothing gives chance on held-out stimuli; a leak would not."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.alignment import align, best_layers
from pipeline.alignment.contrasts.pair_sums import unpack
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.permutations.chance_band import chance_bands
from pipeline.brains.dataset import Stimuli
from pipeline.brains.load import load_brain
from pipeline.brains.near_identical import merged_groups
from pipeline.config import ScoreConfig, TuneConfig
from pipeline.data.regimes import FoldRows, regime_data, regime_task
from pipeline.models.bases import BASES
from pipeline.tuning.methods import METHODS
from pipeline.tuning.recorder import Silent
from pipeline.tuning.regimes import tune_regime
from pipeline.tuning.session import Session

# Versions are tuned in every fold. The fast test of the same is that responses which are held out
# move no weight (test_regimes of tuning) and enter no fold (test_regime_stages).
pytestmark = pytest.mark.slow
SETTINGS = ScoreConfig(folds=2, inner_folds=2, trials=4)
N_SENTENCES = 96
TUNED = {"task": "brain", "method": "full", "learning_rate": 1e-3}
TUNED |= {"batch_size": 32, "max_steps": 40, "eval_every": 20, "patience": 9}
DIGIT69 = Path(__file__).parents[3] / "shared" / "data" / "digit69"
needs_data = pytest.mark.skipif(not DIGIT69.is_dir(), reason="digit69 is not in ../shared/data")


def sentences():
    brain = load_brain("simulated-sentences", "")
    return Stimuli(brain.stimuli.items[:N_SENTENCES], brain.stimuli.groups[:N_SENTENCES]), brain


def digits():
    """Real pictures and responses of one person; pictures that look alike are one group."""
    brain = load_brain("digit69", str(DIGIT69))
    return Stimuli(brain.stimuli.items, merged_groups(brain.stimuli, 0.8)), brain


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(("tiny-gpt2", sentences), id="simulated sentences"),
        # twenty seconds each: three thousand voxels are read out
        pytest.param(("tiny-vit", digits), id="digit69", marks=needs_data),
    ],
)
def shuffled(request):
    """A base, stimuli, and the responses of a subject that were dealt to groups at random."""
    base, load = request.param
    stimuli, brain = load()
    order = np.random.default_rng(0).permutation(np.unique(stimuli.groups))
    rows = np.concatenate([np.flatnonzero(stimuli.groups == name) for name in order])
    subject = next(iter(brain.subjects.values()))
    values = np.asarray(subject.values)[rows]
    return base, stimuli, values[:, next(iter(subject.rois.values()))]


def features_tuned_on(base, stimuli, responses, rows):
    entry = BASES[base]
    data = regime_data(stimuli.items, responses, rows, "brain", "simulated")
    task = regime_task(entry.modality, "brain", data)
    config = TuneConfig.model_validate({**TUNED, "base": base})
    session = Session(config, entry, entry.folder(), task, data, METHODS["full"])
    features = tune_regime(session, Silent()).model.features(stimuli.items)
    return {f"layer_{n:02d}": features[:, n] for n in range(features.shape[1])}


def scores_of(base, stimuli, responses, rows_of):
    """Tune in every fold on the rows that a function gives, and score the fold's test stimuli."""
    tables, sums = [], []
    for number, fold in enumerate(nested_folds(stimuli.groups, SETTINGS)):
        features = features_tuned_on(base, stimuli, responses, rows_of(fold))
        own = SETTINGS.model_copy(update={"fold": number})
        rois = {"roi": responses}
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
    everything = np.arange(len(shuffled[1]))
    score, band = scores_of(*shuffled, lambda _: FoldRows(everything, everything))
    assert score > band.high
