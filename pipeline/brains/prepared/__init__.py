"""The brain ``prepared``: a canonical copy of any dataset, which later stages memory-map.

One folder: ``dataset.json``, ``stimuli.jsonl`` (one JSON object a line: group, and text where the
stimuli are sentences), ``images.npy`` where they are pictures, and for each subject a folder with
``responses.npy``, ``repeats.npy`` where there are any, and ``small.npz`` (``roi_<i>`` and, where
there are any, ``shown``, ``repeated`` and ``coordinates``). No file is read by unpickling.

Opening the copy compares the seal of dataset.json with the files: size and shape of the large
ones, every byte of the small ones. ``verify=True`` reads the large ones too and compares the
digest of the dataset.
"""

from __future__ import annotations

from pipeline.brains.prepared.storage import CANONICAL, read_canonical, write_canonical

__all__ = ["CANONICAL", "read_canonical", "write_canonical"]
