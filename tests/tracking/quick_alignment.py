"""Settings of the alignment that several files of tests share, so that it is computed once."""

BRAIN = "simulated-sentences"
QUICK = {"folds": 3, "inner_folds": 2, "trials": 3}
ROIS = ("language", "dmn", "task", "visual")
