"""Eigendecompositions that subjects and models of a process share."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pipeline.alignment.primal.decompositions import SharedDecompositions


@pytest.fixture
def decomposed(monkeypatch):
    """Matrices that were decomposed anew, call by call."""
    calls, eigh = [], np.linalg.eigh

    def counted(matrix):
        calls.append(matrix)
        return eigh(matrix)

    monkeypatch.setattr(np.linalg, "eigh", counted)
    return calls


@pytest.fixture
def crosses():
    """``Zᵀ Z`` of three sources of 6 columns."""
    rows = np.random.default_rng(0).standard_normal((3, 20, 6))
    return rows.swapaxes(1, 2) @ rows


def test_equal_matrices_are_decomposed_once_and_as_by_themselves(crosses, decomposed):
    shared = SharedDecompositions()
    values, vectors = shared(crosses[0])
    again = shared(np.asfortranarray(crosses[0].copy()))
    assert len(decomposed) == 1
    np.testing.assert_array_equal(again[1], vectors)
    np.testing.assert_allclose((vectors * values) @ vectors.T, crosses[0], atol=1e-12)


def test_a_matrix_that_differs_in_its_last_bit_is_decomposed_anew(crosses, decomposed):
    shared, turned = SharedDecompositions(), crosses[0].copy()
    turned[0, 0] = np.nextafter(turned[0, 0], np.inf)
    shared(crosses[0])
    shared(turned)
    assert len(decomposed) == 2


def test_what_was_not_asked_for_the_longest_makes_room(crosses, decomposed, monkeypatch):
    monkeypatch.setattr("pipeline.alignment.primal.decompositions.MOST_SHARE", 1)
    shared = SharedDecompositions(most_bytes=2 * crosses[0].nbytes)
    first, second, third = crosses
    for cross in (first, second, first, third, first, second):
        shared(cross)
    assert len(decomposed) == 4


def test_matrices_that_would_take_much_of_the_room_are_not_stored(crosses, decomposed):
    shared = SharedDecompositions(most_bytes=99 * crosses[0].nbytes)
    for _ in range(2):
        shared(crosses[0])
    assert len(decomposed) == 2


def test_threads_that_ask_for_the_same_wait_for_the_first(crosses, decomposed):
    shared = SharedDecompositions()
    with ThreadPoolExecutor(8) as pool:
        every = list(pool.map(shared, [crosses[0]] * 8))
    assert len(decomposed) == 1
    assert all(vectors is every[0][1] for _, vectors in every)
