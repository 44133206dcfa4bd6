"""Files damaged at a few bytes, wherever hypothesis puts them."""

from hypothesis import strategies as st


def flips(n_bytes, first=0, most=4):
    """Draw up to ``most`` places from ``first`` on, each with the bits that change there."""
    place = st.integers(first, n_bytes - 1)
    return st.lists(st.tuples(place, st.integers(1, 255)), min_size=1, max_size=most)


def flipped(whole, changes):
    damaged = bytearray(whole)
    for place, bits in changes:
        damaged[place] ^= bits
    return bytes(damaged)
