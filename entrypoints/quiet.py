"""Keeps what libraries say to their own developers away from a stage's output."""

from __future__ import annotations

import os
import warnings


def quiet_libraries() -> None:
    """Silence bars of downloads and loading, and warnings that ask nothing of the user.

    To be called before the libraries are imported: some read their settings while importing.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    for message in (
        "Position ids are not supported",  # texts are batched without padding
        ".*is_gradient_checkpointing",
        ".*An input example was not provided",  # it would be run once more, for the signature
        ".*Add type hints to the `predict` method",  # the signature says more than hints can
    ):
        warnings.filterwarnings("ignore", message=message)
