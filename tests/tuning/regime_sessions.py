"""Tunings in a regime that take a moment: simulated stimuli, and responses that a test makes."""

from functools import cache

import numpy as np

from pipeline.brains.load import load_brain
from pipeline.config import TuneConfig
from pipeline.data.regimes import FoldRows, regime_data, regime_task
from pipeline.models.bases import BASES
from pipeline.tuning.methods import METHODS
from pipeline.tuning.session import Session

ROWS = FoldRows(np.arange(0, 24), np.arange(24, 32))  # of 192; the others are held out
FULL = {"learning_rate": 1e-3}


@cache
def stimuli_of(base):
    name = {"tiny-gpt2": "simulated-sentences", "tiny-vit": "simulated-pictures"}.get(base)
    return load_brain(name or "simulated-sentences", "").stimuli.items


def responses_to(n_stimuli, n_voxels=12, seed=0):
    return np.random.default_rng(seed).standard_normal((n_stimuli, n_voxels)).astype(np.float32)


def session_in(regime, method="full", base="tiny-gpt2", responses=None, rows=ROWS, **settings):
    items = stimuli_of(base)
    entry = BASES[base]
    responses = responses_to(len(items)) if responses is None else responses
    data = regime_data(items, responses, rows, regime, "simulated")
    task = regime_task(entry.modality, regime, data)
    values = {"batch_size": 8, "eval_every": 2, "max_steps": 4, **FULL, **settings}
    config = TuneConfig.model_validate({"task": regime, "base": base, "method": method, **values})
    return Session(config, entry, entry.folder(), task, data, METHODS[method])
