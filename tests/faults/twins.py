"""Starts the same commands at once, and waits for all of them."""

import time

from commands import finish, start

STAGES = {
    "tune": ("--base", "tiny-vit", "--task", "digits", "--method", "vpt-shallow"),
    "align": ("--model", "models:/tiny-vit-digits@vpt-shallow", "--brain", "simulated-pictures"),
}
QUICK = {
    "tune": ("--max_train", "32", "--max_eval", "12", "--max_steps", "2", "--eval_every", "1"),
    "align": (
        "--workers",
        "1",
        "--folds",
        "3",
        "--inner_folds",
        "2",
        "--trials",
        "2",
        "--nuisance",
        "false",
    ),
}


def stage_command(name, seed):
    """Give a stage's command with a seed, which makes it another computation."""
    return (name, *STAGES[name], *QUICK[name], "--seed", str(seed))


def run_together(folder, *commands):
    """Run commands at once in processes of their own; the seconds until the last has ended."""
    begin = time.monotonic()
    processes = [start(folder, command) for command in commands]
    codes = [finish(process, seconds=600) for process in processes]
    assert codes == [0] * len(commands)
    return time.monotonic() - begin
