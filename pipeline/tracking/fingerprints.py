"""Fingerprints of stages: the same settings, code and inputs give the same one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from pipeline.tracking.code_trail import trail_digest


def fingerprint(
    stage: str,
    settings: Mapping[str, Any],
    inputs: Mapping[str, str],
    *functions: Callable[..., object],
) -> str:
    """Sum up everything that a stage's result depends on.

    Parameters
    ----------
    stage : str
    settings : mapping
        JSON values. Paths must not be among them: what lies there counts, not where.
    inputs : mapping of str to str
        Digests and run ids of what the stage reads.
    *functions : callable
        That compute it: the stage's own, and those it reaches only through a registry of inputs
        or through MLflow. See :mod:`pipeline.tracking.code_trail`.
    """
    whole = {
        "stage": stage,
        "settings": dict(settings),
        "inputs": dict(inputs),
        "code": [trail_digest(function) for function in functions],
    }
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
