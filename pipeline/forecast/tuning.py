"""Costs of tuning: search, training, validation, and scores of the model and of its base."""

from __future__ import annotations

from math import ceil

from pipeline.config import TuneConfig
from pipeline.forecast.facts import NetworkFacts, TaskFacts
from pipeline.forecast.machine import Machine
from pipeline.forecast.parameters import trained_parameters, trains_every_weight
from pipeline.forecast.passes import (
    FLOAT,
    Passes,
    activation_bytes,
    forward_seconds,
    training_seconds,
)
from pipeline.forecast.run_cost import Cost
from pipeline.models.travelling.card import Storage
from pipeline.tuning.methods import METHODS
from pipeline.tuning.training.states import log_spaced

#: Stages' worth of bookkeeping of a base as it is: its run, the logged model, its version.
ENTRIES_UNTUNED = 2
TOKENS_AT_ONCE = 2048  # of a CPU, where the setting leaves it open
SCORED_AT_ONCE = 64
#: Bytes of a version beside its weights: card, tokenizer, code that travels with it.
BESIDE_WEIGHTS = 200_000
#: Copies of what is trained: gradients and two moments of the optimizer.
OF_THE_OPTIMIZER = 3
#: Stages' worth of bookkeeping in a tuning: its run, the logged model, its version and aliases.
ENTRIES = 3
INTERPOLATIONS = 11  # versions that an interpolation registers
CHECKPOINTS = 2  # that are kept while training: the best one and the last one


def untuned_cost(machine: Machine) -> Cost:
    """Estimate what it takes to register a base as it is, whose files are kept already."""
    seconds = ENTRIES_UNTUNED * machine.bookkeeping
    return Cost(seconds, machine.process_memory, BESIDE_WEIGHTS, BESIDE_WEIGHTS)


def tune_cost(
    config: TuneConfig,
    network: NetworkFacts,
    task: TaskFacts,
    scorer: NetworkFacts | None,
    machine: Machine,
    storage: Storage,
) -> Cost:
    """Estimate one tuning on this machine's processors.

    Training is taken to last for all its steps: it may stop early.

    Parameters
    ----------
    config : TuneConfig
    network : NetworkFacts
        Of the base.
    task : TaskFacts
    scorer : NetworkFacts or None
        The model behind BERTScore, where the task has that score.
    machine : Machine
    storage : 'nothing', 'part' or 'whole'
        Which weights a version holds.
    """
    trained = trained_parameters(network, config, task.outputs)
    scoring = _scoring_seconds(config, network, task, scorer, machine)
    interpolates = METHODS[config.method].interpolates
    fits = bool(METHODS[config.method].recipes) and not interpolates
    seconds = ENTRIES * machine.bookkeeping
    if interpolates:
        seconds = INTERPOLATIONS * (seconds + 2 * scoring) + scoring
    else:
        # validation and test split, and the test split once more by the untuned base
        seconds += (2 if config.method == "base" else 3) * scoring
    if task.outputs and not (fits or interpolates):  # its head is made of means of all examples
        read = Passes(task.n_train, _positions(config, network, task), 0, SCORED_AT_ONCE)
        seconds += forward_seconds(network, read, machine)
    on_the_way = len(log_spaced(config.checkpoints, config.max_steps)) if fits else 0
    if fits:
        seconds += machine.start_training + _training_seconds(config, network, task, machine)
        seconds += on_the_way * (ENTRIES * machine.bookkeeping + scoring)
    stored = BESIDE_WEIGHTS + FLOAT * {
        "nothing": 0,
        "part": trained,
        "whole": network.parameters,
    }.get(storage, network.parameters)
    state_bytes = FLOAT * (network.parameters + OF_THE_OPTIMIZER * trained)
    at_rest = machine.process_memory + state_bytes + FLOAT * network.parameters
    at_once = activation_bytes(
        network, _batch(config, network, task), config.gradient_checkpointing
    )
    return Cost(
        seconds,
        memory=at_rest + (at_once if fits else 0.0),
        scratch=(1 + on_the_way) * stored
        + (CHECKPOINTS * state_bytes if fits else 0.0)
        + (0.0 if config.weights_on_the_way else on_the_way * (stored - BESIDE_WEIGHTS)),
        stored=(INTERPOLATIONS if interpolates else 1) * stored
        + on_the_way * (stored if config.weights_on_the_way else BESIDE_WEIGHTS),
    )


def base_cost(network: NetworkFacts, machine: Machine) -> Cost:
    """Estimate keeping a base in the store."""
    weights = FLOAT * network.parameters
    return Cost(machine.bookkeeping, machine.process_memory, 0.0, weights + BESIDE_WEIGHTS)


def _positions(config: TuneConfig, network: NetworkFacts, task: TaskFacts) -> float:
    """Count the positions of an example, its prompt among them."""
    prompt = config.prompt_length if METHODS[config.method].has_prompt else 0
    if network.modality == "image":
        return network.room + prompt
    return min(task.source_tokens + task.target_tokens + prompt, network.room)


def _batch(config: TuneConfig, network: NetworkFacts, task: TaskFacts) -> Passes:
    """Give the batch of a step, in the parts in which it goes through the network."""
    positions = _positions(config, network, task)
    at_once = max(1.0, (config.tokens_at_once or TOKENS_AT_ONCE) // positions)
    return Passes(config.batch_size, positions, task.target_tokens, min(at_once, config.batch_size))


def _training_seconds(
    config: TuneConfig, network: NetworkFacts, task: TaskFacts, machine: Machine
) -> float:
    """Estimate the steps of a training and of its search, with their validations."""
    batch = _batch(config, network, task)
    every_weight = trains_every_weight(network, config)
    step = machine.optimiser_step + training_seconds(network, batch, machine, every_weight)
    held_out = Passes(task.n_validation, batch.positions, batch.headed, batch.at_once)
    validation = forward_seconds(network, held_out, machine)
    searched = config.trials * (machine.start_training + machine.bookkeeping)
    steps = config.max_steps + config.trials * config.steps_of_a_trial
    validations = ceil(config.max_steps / min(config.eval_every, config.max_steps))
    validations += config.trials * ceil(config.steps_of_a_trial / config.eval_every)
    return searched + steps * step + validations * validation


def _scoring_seconds(
    config: TuneConfig,
    network: NetworkFacts,
    task: TaskFacts,
    scorer: NetworkFacts | None,
    machine: Machine,
) -> float:
    """Estimate the scores on one held-out split."""
    items = max(task.n_validation, task.n_test)
    positions = _positions(config, network, task) - task.target_tokens
    passes = Passes(items, positions, 1 if task.longest_target else 0, SCORED_AT_ONCE)
    seconds = forward_seconds(network, passes, machine)
    if task.longest_target:
        one = Passes(items, 1, 1, SCORED_AT_ONCE)
        called = passes.calls * network.layers * machine.written_token
        each = (
            called
            + forward_seconds(network, one, machine)
            - passes.calls * network.layers * (machine.block_call)
        )
        seconds += task.longest_target * each
    if scorer is not None:
        compared = Passes(2 * items, task.target_tokens, 0, SCORED_AT_ONCE)
        seconds += forward_seconds(scorer, compared, machine)
    return seconds
