"""A study of three methods that several files of tests look at, so that it is computed once."""

import yaml

from pipeline.config import read_study
from pipeline.tracking.catalogue import catalogue

STUDY = {
    "name": "small",
    "asks": "Do prompts keep a base closer to the brain?",
    "grids": [
        {
            "bases": ["tiny-vit"],
            "tasks": ["digits"],
            "methods": ["base", "full", "vpt-shallow"],
            "seeds": [9],
            "brains": ["simulated-pictures"],
            "tune": {"max_train": 64, "max_eval": 20, "max_steps": 4, "eval_every": 2},
            "by_method": {"vpt-shallow": {"prompt_length": 3}},
            "align": {"folds": 3, "inner_folds": 2, "trials": 3, "pooling": "class"},
        }
    ],
}


def study_of(folder, methods=("base", "full", "vpt-shallow"), **changes):
    """Write the study into a folder with some methods, name it otherwise if asked, and read it."""
    (grid,) = STUDY["grids"]
    path = folder / "small.yaml"
    own = {name: of for name, of in grid["by_method"].items() if name in methods}
    grids = [{**grid, "methods": list(methods), "by_method": own}]
    path.write_text(yaml.safe_dump({**STUDY, "grids": grids, **changes}))
    return read_study(path, catalogue())
