"""``probe``: a head on a frozen base."""

from __future__ import annotations

from pipeline.tuning.loading import load_frozen
from pipeline.tuning.method import Method
from pipeline.tuning.recipe import Recipe

PROBE = Method(
    name="probe",
    summary="the task's head alone; the base frozen (linear probe)",
    source="Alain & Bengio 2017, Understanding intermediate layers using linear classifier probes",
    storage={"text": "part", "image": "part"},
    build=load_frozen,
    recipes={"text": Recipe(1e-3, 1e-4, 3e-2), "image": Recipe(1e-3, 1e-4, 3e-2)},
    needs_head=True,
)
