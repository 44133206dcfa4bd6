"""The probe: some seconds of what studies spend their time on, at small sizes."""

from __future__ import annotations

import copy
import io
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.forecast.alignment import Fits, fit_flops, pair_calls
from pipeline.forecast.facts import NetworkFacts
from pipeline.forecast.machine import Machine, Speed
from pipeline.forecast.passes import Passes, forward_flops

if TYPE_CHECKING:
    import torch

SECONDS = 0.4  # that each measurement is repeated for
NARROW, WIDE = 128, 768
POSITIONS = 64
LAYERS, ITEMS = {NARROW: 4, WIDE: 1}, {NARROW: 16, WIDE: 4}
SCORED = 64  # texts that are written to at once
SIDES = 2  # layers, and ROIs
STIMULI = (48, 480)  # of two alignments: one that is all calls, one of as many as studies have
STEPS = (2, 14)  # of two trainings, whose difference holds no start


def probe(bookkeeping: float) -> Machine:
    """Measure the constants of this machine, as busy as it is now.

    Parameters
    ----------
    bookkeeping : float
        Seconds that a run takes for itself, measured where the store is known.
    """
    import psutil

    block_call = _block_call()
    narrow, wide = (_speed(width, block_call) for width in (NARROW, WIDE))
    start, step = _training()
    alignment, pair_call = _alignment()
    return Machine(
        narrow=narrow,
        wide=wide,
        block_call=block_call,
        optimiser_step=step,
        written_token=_written_token(narrow),
        start_training=start,
        alignment=alignment,
        pair_call=pair_call,
        bookkeeping=bookkeeping,
        figure=_figure(),
        process_memory=float(psutil.Process().memory_info().rss),
        worker_start=_worker_start(),
        cores=len(os.sched_getaffinity(0)),
    )


def _seconds(call: Callable[[], object]) -> float:
    """Time a call, after a first one that does not count: median of those in ``SECONDS``."""
    call()
    durations: list[float] = []
    while sum(durations) < SECONDS:
        started = time.perf_counter()
        call()
        durations.append(time.perf_counter() - started)
    return statistics.median(durations)


def _network(width: int) -> tuple[torch.nn.Module, NetworkFacts]:
    import torch
    from transformers import GPT2Config, GPT2Model

    layers, heads = LAYERS[width], max(1, width // 64)
    sizes = {"n_layer": layers, "n_embd": width, "n_head": heads, "n_positions": 2 * POSITIONS}
    torch.manual_seed(0)
    network = GPT2Model(GPT2Config(vocab_size=2, bos_token_id=0, eos_token_id=0, **sizes))
    n_parameters = sum(p.numel() for p in network.parameters())
    return network, NetworkFacts("text", layers, width, 4 * width, 0, 2 * POSITIONS, n_parameters)


def _tokens(items: int, positions: int) -> torch.Tensor:
    import torch

    return torch.zeros((items, positions), dtype=torch.long)


def _speed(width: int, block_call: float) -> Speed:
    import torch

    network, facts = _network(width)
    flops = forward_flops(facts, Passes(ITEMS[width], POSITIONS, 0, ITEMS[width]))
    tokens, called = _tokens(ITEMS[width], POSITIONS), facts.layers * block_call

    def forward() -> None:
        with torch.inference_mode():
            network(tokens)

    def train() -> None:
        network(tokens).last_hidden_state.sum().backward()

    network.eval()
    forward_seconds, training_seconds = _seconds(forward), _seconds(train)
    return Speed(
        width,
        flops / _at_least_a_tenth(forward_seconds - called, forward_seconds),
        3 * flops / _at_least_a_tenth(training_seconds - 3 * called, training_seconds),
    )


def _at_least_a_tenth(seconds: float, of: float) -> float:
    """Guard a difference of two measurements, which a busy machine can turn around."""
    return max(seconds, of / 10)


def _block_call() -> float:
    import torch

    network, facts = _network(NARROW)
    tokens = _tokens(1, 2)

    def forward() -> None:
        with torch.inference_mode():
            network(tokens)

    network.eval()
    return _seconds(forward) / facts.layers


def _written_token(narrow: Speed) -> float:
    import torch

    network, facts = _network(NARROW)
    network.eval()
    with torch.inference_mode():
        read = network(_tokens(SCORED, POSITIONS // 2), use_cache=True)

        def write() -> None:
            with torch.inference_mode():
                cache = copy.deepcopy(read.past_key_values)
                network(_tokens(SCORED, 1), past_key_values=cache, use_cache=True)

        seconds = _seconds(write)
    computed = forward_flops(facts, Passes(SCORED, 1, 0, SCORED)) / narrow.forward
    return _at_least_a_tenth(seconds - computed, seconds) / facts.layers


def _training() -> tuple[float, float]:
    """Measure a training of next to nothing: what starting and each step take beside passes."""
    from pipeline.config import TuneConfig
    from pipeline.data import TASKS
    from pipeline.models.bases import find_base
    from pipeline.tuning.methods import METHODS
    from pipeline.tuning.search.choices import Choice
    from pipeline.tuning.session import Session

    settings = {"base": "tiny-vit", "task": "digits", "method": "vpt-shallow", "max_train": 16}
    config = TuneConfig.model_validate({**settings, "max_eval": 2, "batch_size": 2})
    base, task = find_base(config.base), TASKS[config.task]
    session = Session(config, base, base.folder(), task, task.load(config), METHODS[config.method])
    choice = Choice(0.01, config.prompt_length)

    def train(steps: int) -> float:
        short = replace(session, config=config.model_copy(update={"max_steps": steps}))
        started = time.perf_counter()
        short.run(choice, lambda step, losses: None)
        return time.perf_counter() - started

    train(1)  # the libraries are loaded once
    few, many = (train(steps) for steps in STEPS)
    step = max(many - few, 0.0) / (STEPS[1] - STEPS[0])
    return max(few - STEPS[0] * step, 0.0), step


def _alignment() -> tuple[float, float]:
    """Solve for operations a second and seconds a call from alignments of two sizes."""
    from threadpoolctl import threadpool_limits

    from pipeline.alignment import align
    from pipeline.config import AlignConfig

    settings = {"folds": 3, "inner_folds": 3, "model": "models:/any@any", "brain": "any"}
    config = AlignConfig.model_validate(settings)
    rows = []
    for n in STIMULI:
        rng = np.random.default_rng(0)
        layers, rois = (
            {f"{kind} {k}": rng.standard_normal((n, 2 * n)) for k in range(SIDES)}
            for kind in ("layer", "ROI")
        )
        groups = np.arange(n) // 2
        with threadpool_limits(limits=1):
            seconds = _seconds(lambda: align(layers, rois, groups, config))  # noqa: B023
        fits = Fits(n, SIDES, 2 * n, (2 * n,) * SIDES, 2)
        rows.append((seconds, pair_calls(fits, config), fit_flops(fits, config)))
    # two equations: seconds = calls * a + operations * b
    (few, calls, less), (many, _, more) = rows
    per_flop = _at_least_a_tenth(many - few, many) / (more - less)
    return 1 / per_flop, _at_least_a_tenth(few - less * per_flop, few) / calls


def _figure() -> float:
    from matplotlib.figure import Figure

    rng = np.random.default_rng(0)

    def draw() -> None:
        figure = Figure(figsize=(6, 3))
        for axes in figure.subplots(1, 2):
            axes.errorbar(*rng.standard_normal((3, 12)) ** 2)
        for form in ("svg", "pdf"):
            figure.savefig(io.BytesIO(), format=form)

    return _seconds(draw)


def _worker_start() -> float:
    started = time.perf_counter()
    command = [sys.executable, "-c", "import pipeline.alignment.dataset.plan"]
    subprocess.run(command, cwd=Path(__file__).parents[2], check=True)
    return time.perf_counter() - started
