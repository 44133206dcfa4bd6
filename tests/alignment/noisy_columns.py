"""Arrays that share a signal of few dimensions."""


def noisy_columns(rng, n_stimuli, n_signal):
    """Give a function of a number of columns and the size of their noise, all of one signal."""
    signal = rng.standard_normal((n_stimuli, n_signal))

    def draw(n_columns, noise):
        mixed = signal @ rng.standard_normal((n_signal, n_columns))
        return mixed + noise * rng.standard_normal((n_stimuli, n_columns))

    return draw
