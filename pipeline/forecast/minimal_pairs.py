"""The cost of minimal pairs: the likelihood of every sentence."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.forecast.facts import NetworkFacts
from pipeline.forecast.machine import Machine
from pipeline.forecast.passes import FLOAT, Passes, forward_seconds
from pipeline.forecast.run_cost import Cost

AT_ONCE = 64
TABLE_BYTES = 10_000


@dataclass(frozen=True)
class PairFacts:
    """The sentences of minimal pairs.

    Parameters
    ----------
    n_sentences : int
        Two of each pair.
    tokens : float
        Of a sentence, on average.
    """

    n_sentences: int
    tokens: float


def minimal_pairs_cost(
    pairs: PairFacts, network: NetworkFacts, masked: bool, machine: Machine
) -> Cost:
    """Estimate the accuracy of a model on minimal pairs.

    Parameters
    ----------
    pairs : PairFacts
    network : NetworkFacts
    masked : bool
        Whether each token is asked for by itself, masked, and not all at once.
    machine : Machine
    """
    readings = pairs.tokens if masked else 1.0
    # the head is asked for every position, whichever of them count
    passes = Passes(pairs.n_sentences * readings, pairs.tokens, pairs.tokens, AT_ONCE)
    seconds = machine.bookkeeping + forward_seconds(network, passes, machine)
    memory = machine.process_memory + FLOAT * network.parameters
    return Cost(seconds, memory, 0.0, TABLE_BYTES)
