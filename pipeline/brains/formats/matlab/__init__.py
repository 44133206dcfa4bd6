"""MATLAB 5 files, read with every length checked against the bytes that there are.

A damaged file can crash the interpreter inside ``scipy.io.loadmat`` (seen with scipy 1.17.1), and
a compressed one can unfold there to whatever it declares; so nothing here goes through scipy.
"""

from __future__ import annotations

from pipeline.brains.formats.matlab.arrays import check_numeric, numeric_arrays
from pipeline.brains.formats.matlab.stream import MatFile
from pipeline.brains.formats.matlab.tags import refuse_field
from pipeline.brains.formats.matlab.values import MatValue

__all__ = ["MatFile", "MatValue", "check_numeric", "numeric_arrays", "refuse_field"]
