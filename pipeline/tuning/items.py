"""What the training loop passes over."""

from __future__ import annotations

from collections.abc import Mapping

import torch

Item = Mapping[str, torch.Tensor]
IGNORED = -100  # the label that torch's and transformers' losses leave out
