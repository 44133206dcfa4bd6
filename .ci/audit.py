"""The audit of what is locked: known weaknesses of its packages, where the network lets one ask.

One package is asked for first, with little patience. What is found is told and does not fail the
check by itself (``--strict`` does): it comes with time, and not with a change of the project.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

LOCK = Path(__file__).parents[1] / "requirements.lock"
PATIENCE = 8.0  # seconds for one package
AUDIT = [sys.executable, "-m", "pip_audit", "--disable-pip", "--progress-spinner", "off"]


def answers() -> bool:
    """Say whether the service that knows of weaknesses answers at all."""
    with tempfile.TemporaryDirectory() as folder:
        one = Path(folder) / "one.txt"
        one.write_text("pytest==9.2.0\n", encoding="utf-8")
        command = [*AUDIT, "--no-deps", "--timeout", "3", "-r", str(one)]
        try:
            done = subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return False
    # a mirror of packages answers that it knows none
    return b"could not be audited" not in done.stdout and b"ulnerabilit" in done.stderr


def main() -> int:
    """Audit the lock; the exit status of the check."""
    if not answers():
        print("audit skipped: the service that knows of weaknesses cannot be reached")
        return 0
    done = subprocess.run([*AUDIT, "--require-hashes", "-r", str(LOCK)], check=False)
    return done.returncode if "--strict" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
