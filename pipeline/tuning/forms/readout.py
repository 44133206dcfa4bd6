"""A linear read-out from the last layer to voxels, trained beside a network and thrown away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from pipeline.data.forms.stimuli import RespondedStimuli
from pipeline.models.travelling.text import TextModel
from pipeline.tuning.forms.form import Loss
from pipeline.tuning.forms.items import collate_of
from pipeline.tuning.forms.stimulus import picture_items, text_items

#: Penalties that the read-out may start from, in units of the mean eigenvalue of the kernel.
PENALTIES = (0.1, 1.0, 10.0, 100.0, 1000.0)
_AT_ONCE = 64
_LEAST_SPREAD = 1e-6


class ReadoutLoss(nn.Module):
    """Minus the correlation over a batch of what is read out with responses, mean over voxels.

    A correlation does not see the scale of a weight: each voxel's weights start at a mean square of
    1, so that a step of one size means the same to every voxel.

    Parameters
    ----------
    model : TextModel or VisionModel
        Whose ``last_layer`` is read out.
    weights : Tensor, shape (n_voxels, n_features)
    centre, spread : Tensor, shape (n_features,)
        Of the states that the weights were fitted to.
    """

    def __init__(
        self, model: Any, weights: torch.Tensor, centre: torch.Tensor, spread: torch.Tensor
    ) -> None:
        super().__init__()
        self.last_layer = model.last_layer
        scale = weights.square().mean(dim=1, keepdim=True).sqrt().clamp(min=_LEAST_SPREAD)
        self.weights = nn.Parameter(weights / scale)
        self.register_buffer("centre", centre)
        self.register_buffer("spread", spread)

    def forward(self, network: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Compute the loss of a batch: ``responses`` of shape (n_stimuli, n_voxels)."""
        states = (self.last_layer(batch).float() - self.centre) / self.spread
        with torch.autocast(states.device.type, enabled=False):  # 8 bits are few for a correlation
            return -correlations(states @ self.weights.T, batch["responses"]).mean()


class SumOfLosses(nn.Module):
    """The sum of losses of a batch, with the parameters that they have.

    Parameters
    ----------
    losses : sequence of callable
    """

    def __init__(self, losses: Sequence[Loss]) -> None:
        super().__init__()
        self.losses = list(losses)
        self.own = nn.ModuleList(loss for loss in losses if isinstance(loss, nn.Module))

    def forward(self, network: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Add the losses of a batch up."""
        return torch.stack([loss(network, batch) for loss in self.losses]).sum()


def correlations(predicted: torch.Tensor, responses: torch.Tensor) -> torch.Tensor:
    """Correlate columns, (n_stimuli, n_voxels) each; 0 where one does not vary: (n_voxels,)."""
    one, other = (x - x.mean(dim=0) for x in (predicted, responses))
    norms = one.norm(dim=0) * other.norm(dim=0)
    r: torch.Tensor = (one * other).sum(dim=0) / norms.clamp(min=_LEAST_SPREAD)
    return r


def readout_loss(
    model: Any, training: RespondedStimuli, validation: RespondedStimuli
) -> ReadoutLoss:
    """Start a read-out as the ridge regression from the states of a model as it is.

    So every method starts from a read-out that fits, however fast it learns, as heads that name
    classes start at the means of these.

    Parameters
    ----------
    model : TextModel or VisionModel
    training, validation : RespondedStimuli
        The penalty is the one of :data:`PENALTIES` that predicts the latter best.
    """
    x, others = _states_of(model, training), _states_of(model, validation)
    y, others_y = (torch.from_numpy(s.responses).double() for s in (training, validation))
    centre, spread = x.mean(dim=0), x.std(dim=0).clamp(min=_LEAST_SPREAD)
    z, others_z = (x - centre) / spread, (others - centre) / spread
    kernel = z @ z.T
    unit = kernel.diagonal().mean() * torch.eye(len(z), dtype=z.dtype)
    fits = [z.T @ torch.linalg.solve(kernel + penalty * unit, y) for penalty in PENALTIES]
    best = max(fits, key=lambda fit: float(correlations(others_z @ fit, others_y).mean()))
    device = next(model.network.parameters()).device
    parts = [part.float().to(device) for part in (best.T.contiguous(), centre, spread)]
    return ReadoutLoss(model, *parts)


@torch.no_grad()
def _states_of(model: Any, stimuli: RespondedStimuli) -> torch.Tensor:
    """Read the last layer of a model for stimuli, in evaluation: (n_stimuli, n_features)."""
    model.network.eval()
    device = next(model.network.parameters()).device
    items = (text_items if isinstance(model, TextModel) else picture_items)(model, stimuli)
    collate = collate_of(model)
    states = []
    for start in range(0, len(items), _AT_ONCE):
        batch = collate([items[n] for n in range(start, min(start + _AT_ONCE, len(items)))])
        states.append(model.last_layer({name: x.to(device) for name, x in batch.items()}))
    return torch.cat(states).double().cpu()
