"""The brain ``nifti``: a lab's own single-trial responses as NIfTI files.

The folder::

    stimuli.csv                 columns text or image (a path in the folder), group, and
                                optionally repeat (rows with the same id show the same stimulus)
    sub-01/
      betas.nii.gz              4-D (or 5-D as AFNI writes it: x, y, z, 1, t), one volume for
                                each row of stimuli.csv, in its order
      betas/*.nii.gz            or instead a folder of 3-D files, in the order of the numbers
                                in their names (beta_2 before beta_10), which prepare shows
      masks/<ROI>.nii.gz        one mask for each region: one number inside, 0 outside
      atlas.nii.gz, labels.csv  or instead an atlas, and a table with the columns index and name
      rows.csv                  only if the volumes answer some rows of stimuli.csv, or all in
                                another order: the heading row, and for each volume its row,
                                counted from 0
    sub-02/ ...

Every folder that holds ``betas`` is a subject. Masks or an atlas beside stimuli.csv serve the
subjects that have none of their own; the settings ``atlas`` and ``labels`` name files elsewhere,
such as a published atlas on the grid of the responses, that serve all subjects. ``.nii``
serves wherever ``.nii.gz`` does. All files of a subject must have one shape and one affine, to
0.01 mm at the corners.
"""

from __future__ import annotations

from pipeline.brains.nifti.nifti_folder import NIFTI, load_nifti

__all__ = ["NIFTI", "load_nifti"]
