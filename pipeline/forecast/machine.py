"""Constants of a machine, as a probe of some seconds measures them."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log


@dataclass(frozen=True)
class Speed:
    """How fast networks of one width are computed, in floating-point operations a second."""

    width: int
    forward: float
    training: float


@dataclass(frozen=True)
class Machine:
    """Constants of a machine.

    Parameters
    ----------
    narrow, wide : Speed
    block_call : float
        Seconds that a block of a network takes for being called, however little it computes.
    optimiser_step : float
        Seconds of a step of the training loop beside its passes.
    written_token : float
        Seconds a block and token that a decoder writes, beside the operations.
    start_training : float
        Seconds before the first step.
    alignment : float
        Floating-point operations a second, of matrix products and decompositions.
    pair_call : float
        Seconds that a layer and a ROI take in an inner fold, however small they are.
    bookkeeping : float
        Seconds of opening a run, logging what a stage logs, and ending it.
    figure : float
        Seconds of drawing a figure of a report.
    process_memory : float
        Bytes of a process that has loaded the libraries.
    worker_start : float
        Seconds until a process that computes alignments is ready.
    cores : int
    """

    narrow: Speed
    wide: Speed
    block_call: float
    optimiser_step: float
    written_token: float
    start_training: float
    alignment: float
    pair_call: float
    bookkeeping: float
    figure: float
    process_memory: float
    worker_start: float
    cores: int

    def forward_rate(self, width: int) -> float:
        """Operations a second of a forward pass at a width."""
        return self._between(width, self.narrow.forward, self.wide.forward)

    def training_rate(self, width: int) -> float:
        """Operations a second of a forward and a backward pass at a width."""
        return self._between(width, self.narrow.training, self.wide.training)

    def _between(self, width: int, narrow: float, wide: float) -> float:
        """Take the rate at a width between the two that were measured, on logarithmic scales."""
        share = log(width / self.narrow.width) / log(self.wide.width / self.narrow.width)
        share = min(max(share, 0.0), 1.0)
        return exp((1 - share) * log(narrow) + share * log(wide))
