"""Array libraries and devices that ridge can be computed on, by the array API standard.

What is written with the functions of a namespace runs on numpy and torch, on a CPU and on a GPU
(https://data-apis.org/array-api/). The standard has no triangular solve: this file does.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from typing import Any

import array_api_compat
import array_api_compat.numpy
import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from pipeline.errors import ConfigError, Problem

#: An array of the namespace at hand. The libraries have no type in common.
BackendArray = Any


@dataclass(frozen=True)
class Backend:
    """A library's namespace, and the device that its arrays lie on.

    Parameters
    ----------
    xp : module
        Of the array API standard, as array-api-compat gives it.
    device : str
        As the library calls it.
    """

    xp: Any
    device: str

    def put(self, values: NDArray[Any]) -> BackendArray:
        """Copy an array of numpy to the device."""
        return self.xp.asarray(values, device=self.device)

    def get(self, values: BackendArray) -> NDArray[Any]:
        """Bring an array back to numpy."""
        return np.asarray(array_api_compat.to_device(values, "cpu"))

    def cholesky_solve(self, matrices: BackendArray, right: BackendArray) -> BackendArray:
        """Solve ``A x = b`` for many positive definite matrices.

        Parameters
        ----------
        matrices : array of float64, shape (..., n, n)
        right : array of float64, shape (..., n, n_right)
        """
        factors = self.xp.linalg.cholesky(matrices)
        if array_api_compat.is_torch_namespace(self.xp):
            solve = self.xp.linalg.solve_triangular
            half = solve(factors, right, upper=False)
            return solve(self.xp.matrix_transpose(factors), half, upper=True)
        return scipy.linalg.cho_solve((factors, True), right, check_finite=False)


#: What everything is computed with unless a device is asked for.
NUMPY = Backend(array_api_compat.numpy, "cpu")


@cache
def backend_on(device: str) -> Backend:
    """Give numpy's arrays for the CPU, torch's for a GPU.

    Parameters
    ----------
    device : {'cpu', 'cuda'}

    Raises
    ------
    ConfigError
        There is no GPU that torch can use.
    """
    if device == "cpu":
        return NUMPY
    arrays = torch_on(device)
    if not arrays.xp.cuda.is_available():
        raise ConfigError(
            Problem(
                "ridge_device",
                "a GPU that torch can use",
                "none",
                "Say ridge_device=cpu, or install a torch with CUDA on a machine with a GPU.",
            )
        )
    return arrays


def torch_on(device: str) -> Backend:
    """Give torch's arrays, which is imported only here, on a device of any kind."""
    return Backend(importlib.import_module("array_api_compat.torch"), device)
