"""The brain ``arrays``: what a lab makes of its own data in ten minutes.

A folder with ``stimuli.csv`` (UTF-8, comma-separated) and one file for each subject.

Columns of stimuli.csv, one row for each presentation:

======== =======================================================================================
text     The sentence. Or ``image``: path of a picture within the folder; all of one size.
group    Stimulus group (passage, topic, image identity): never split between train and test.
repeat   Optional: rows with the same id present the same stimulus; empty: presented once.
======== =======================================================================================

Arrays of ``<subject>.npz``, ``.h5``, ``.mat`` (-v7) or ``.safetensors``:

=========== ====================================================================================
responses   (n_rows, n_voxels): row i answers row i of stimuli.csv, the header not counted.
roi/<name>  One for each region: 0-based voxel columns, or a boolean mask of length n_voxels.
            In .mat, where names have no slash, a variable ``roi_<name>``; it counts from 0 too.
coordinates Optional, (n_voxels, 3).
rows        Optional, (n_rows,), for a subject who saw only some rows of the table, or in another
            order: the 0-based rows of stimuli.csv that the rows of responses answer.
=========== ====================================================================================

Texts, cells and objects of other names are left out, which the source says.

For example, with ``sentences``, ``passages`` and ``Y`` of your own::

    import csv
    import numpy as np

    with open("mine/stimuli.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "group"), *zip(sentences, passages)])
    masks = {"roi/language": np.arange(0, 40), "roi/visual": np.arange(40, 100)}
    np.savez("mine/s1.npz", responses=Y, **masks)

For .safetensors use ``save_file`` with ``np.ascontiguousarray(Y)``: version 0.8.0 writes arrays
that are not in C order as if they were, without an error (its issue 825).

Responses to repeats are averaged, and kept for the noise ceiling. Voxels outside all regions are
not kept; voxels that are NaN, infinite or constant are left out and counted in the source.
"""

from __future__ import annotations

from pipeline.brains.arrays.array_folder import ARRAYS, load_arrays

__all__ = ["ARRAYS", "load_arrays"]
