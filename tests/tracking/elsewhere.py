"""A process that cannot import the project, as on a machine that has no more than a version."""

import json
import os
import subprocess
import sys

WITHOUT_COLLECTIONS = "import gc; gc.disable()\n"  # which are a third of importing libraries


def run_elsewhere(code, folder, *arguments):
    """Run code there, and read what it prints as JSON after the word RESULT."""
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_COLLECTIONS + code, *arguments],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.split("RESULT")[1])
