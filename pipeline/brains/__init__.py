"""Brain data: stimuli, and responses to them by subject and region of interest."""

from __future__ import annotations

from pipeline.brains.arrays import ARRAYS
from pipeline.brains.bold5000 import BOLD5000_BRAINS
from pipeline.brains.brain import Brain
from pipeline.brains.coursework import COURSEWORK
from pipeline.brains.dataset import BrainDataset, Stimuli
from pipeline.brains.digit69 import DIGIT69
from pipeline.brains.nifti import NIFTI
from pipeline.brains.pereira import PEREIRA_BRAINS
from pipeline.brains.prepared import CANONICAL
from pipeline.brains.responses import Responses
from pipeline.brains.simulated import SIMULATED_PICTURES, SIMULATED_SENTENCES

__all__ = ["BRAINS", "Brain", "BrainDataset", "Responses", "Stimuli"]

BRAINS: dict[str, Brain] = {
    brain.name: brain
    for brain in (
        SIMULATED_SENTENCES,
        SIMULATED_PICTURES,
        DIGIT69,
        *PEREIRA_BRAINS,
        COURSEWORK,
        *BOLD5000_BRAINS,
        NIFTI,
        ARRAYS,
        CANONICAL,
    )
}
