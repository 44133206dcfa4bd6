"""Several devices at once: which of the processes this is, and how they come to agree.

``torchrun --nproc_per_node 2 -m entrypoints.tune …`` starts a process for each device. They train
in step on shares of the same batches; the first of them also searches, scores, logs and registers.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from pipeline.errors import PipelineError

Value = TypeVar("Value")
GRACE = 15.0  # seconds


def rank() -> int:
    """Place of this process among those that train together; 0 is the first."""
    return int(os.environ.get("RANK", "0"))


def world_size() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


@contextmanager
def together() -> Iterator[None]:
    """Let the processes that torchrun has started train together; do nothing for a single one.

    A refusal leaves the first process time to record it: torchrun ends all of them as soon as one
    has failed.
    """
    if world_size() == 1:
        yield
        return
    import torch
    from torch import distributed

    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    # gloo as well where there is NCCL: agreeing needs no accelerator
    distributed.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield
    except PipelineError:
        if rank():
            time.sleep(GRACE)
        raise
    finally:
        distributed.destroy_process_group()


def agree(value: Value) -> Value:
    """Give every process the value of the first."""
    if world_size() == 1:  # asked of each tuning that is reused, too: without torch, to start soon
        return value
    from torch import distributed

    if not distributed.is_initialized():
        return value
    box = [value]
    distributed.broadcast_object_list(box, src=0)
    return box[0]
