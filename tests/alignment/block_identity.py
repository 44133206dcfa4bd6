"""The closed form of leave-group-out ridge, by which refits without a block can be checked."""

import numpy as np


def resolvents(ridge, alphas):
    """``(K_train + alpha scale I)⁻¹``, shape (..., n_train, n_train)."""
    penalties = np.asarray(alphas) * ridge.scale
    damping = 1 / (ridge.eigenvalues + penalties[..., None])
    return (ridge.fitted * damping[..., None, :]) @ ridge.fitted.T


def held_out_hat(resolvents, kept_rows, held_out):
    """Hat matrix of a block of training rows, had ridge been fitted without them.

    With A the inverse of the penalised training kernel, predictions of the block B by all other
    rows are ``(I_B - A_BB⁻¹ A_B,:) Y``, whose columns in B are zero.
    """
    rows = np.take(resolvents, held_out, axis=-2)
    block = np.take(rows, held_out, axis=-1)
    return -np.linalg.solve(block, np.take(rows, kept_rows, axis=-1))
