"""Memory that a loader takes, seen from outside and from inside.

``one_subject`` is the measure: the numbers of one subject as its files store them, or what is kept
of them if that is more (averages and repeats can be more than the trials they are made of).
"""

import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

from brain_settings import brain_settings

from pipeline.brains import BRAINS

REPOSITORY = Path(__file__).parents[2]
#: What a process beside the tests needs to import the project and what tests share.
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{REPOSITORY / 'tests'}"}
READ = """
import json, sys
from pathlib import Path
from brain_settings import brain_settings
from pipeline.brains import BRAINS

def status(field):  # in bytes; ru_maxrss would count what the parent process had
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) * 1024

brain, small, large, settings = sys.argv[1:]
settings = {k: tuple(v) if isinstance(v, list) else v for k, v in json.loads(settings).items()}
BRAINS[brain].load(brain_settings(Path(small), **settings))  # imports
Path("/proc/self/clear_refs").write_text("5")  # starts the peak anew
before = status("VmRSS")
data = BRAINS[brain].load(brain_settings(Path(large), **settings))
kept = sum(a.nbytes for s in data.subjects.values() for a in (s.values, s.repeats) if a is not None)
print(json.dumps({"peak": status("VmHWM") - before, "kept": kept}))
"""


def traced(brain, folder, **settings):
    """Peak of Python's and numpy's allocations while loading, and bytes kept of all subjects."""
    request = brain_settings(folder, **settings)
    tracemalloc.start()
    data = BRAINS[brain].load(request)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, kept_of(data)


def resident(brain, small, large, **settings):
    """Peak of a process's resident memory above what it had, and bytes kept of all subjects."""
    command = [sys.executable, "-c", READ, brain, str(small), str(large), json.dumps(settings)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT)
    sizes = json.loads(done.stdout)
    return sizes["peak"], sizes["kept"]


def kept_of(data):
    return sum(
        array.nbytes
        for responses in data.subjects.values()
        for array in (responses.values, responses.repeats)
        if array is not None
    )
