"""Little brain datasets, of which an alignment takes a moment: three subjects, one ROI each."""

from dataclasses import replace

from pipeline.brains import BRAINS
from pipeline.brains.prepared import write_canonical
from pipeline.config import PrepareConfig

SMALL = {"n_subjects": 3, "n_stimuli": 48, "n_voxels": 12}


def write_little_brain(name, folder):
    """Write a part of a simulated brain dataset, and give the settings of align that name it."""
    brain = BRAINS[name].load(PrepareConfig.model_validate({"brain": name, **SMALL}))
    subjects = {
        subject: replace(responses, rois=dict([next(iter(responses.rois.items()))]))
        for subject, responses in brain.subjects.items()
    }
    write_canonical(replace(brain, subjects=subjects), folder)
    return {"brain": "prepared", "brain_dir": str(folder)}
