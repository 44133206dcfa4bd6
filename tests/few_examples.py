"""Settings of a task for tests that want a few of its examples."""

from pipeline.config import TaskConfig


def few_examples(max_train, max_eval, seed=0, directory="", **changes):
    """Ask for this many examples to train on, and to validate and test on."""
    return TaskConfig(
        task="any",
        max_train=max_train,
        max_eval=max_eval,
        seed=seed,
        data_dir=str(directory or ""),
        **changes,
    )
