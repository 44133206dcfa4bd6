"""Any mistake in a command, a study or a file has one refusal, soon, that names it."""

import itertools
import os
import subprocess
import sys

import pytest
from faults.answers import LIMIT, answer
from faults.bad_commands import MODELS, mistakes_of_form, one_mistake_each, several_mistakes
from faults.bad_files import STATES, bad_files, of_bases, of_documents
from faults.bad_studies import bad_studies
from faults.bad_values import bounds
from note import write_part
from parts import Parts

SEED = 20261127
N_STUDIES = 300
N_PARTS = 12  # of each kind of bad input: a part takes a minute or two


@pytest.fixture(scope="module")
def place(empty_store):
    (empty_store / "sound.txt").write_text("sound")
    return empty_store


def commands():
    return [*one_mistake_each(), *mistakes_of_form(), *several_mistakes(200, SEED)]


def faults_of(cases):
    """Run commands; a line for each whose answer is not what it should be."""
    return [
        f"{command}: {fault}"
        for command in cases
        for fault in answer(command.entry, command.arguments).faults(command.names)
    ]


def faults_of_studies(folder, studies):
    faults = []
    for number, (text, names) in enumerate(studies):
        path = folder / f"study-{number}.yaml"
        path.write_text(text)
        answered = answer("main", [f"--study={path}"])
        faults += [f"{fault} of\n{text}" for fault in answered.faults(names)]
    return faults


@pytest.mark.parametrize("entry", MODELS)
def test_every_number_has_a_smallest_and_a_largest_value(entry):
    for name, field in MODELS[entry].model_fields.items():
        if field.annotation in (int, float):
            assert all(abs(bound) < 1e31 for bound in bounds(field)), name


def test_some_of_every_kind_of_bad_command_are_refused(place):
    assert faults_of(itertools.islice(commands(), 0, None, 12)) == []


def test_some_bad_studies_are_refused(place):
    assert faults_of_studies(place, bad_studies(40, SEED)) == []


@pytest.mark.parametrize("state", ["cut", "noise"])
def test_some_bad_files_are_refused(place, tmp_path, state):
    spoil = STATES[state]
    assert faults_of([*of_documents(tmp_path, spoil), *of_bases(tmp_path, spoil)]) == []


@pytest.fixture
def parts(request):
    return Parts(request.config.cache, "bad commands")


@pytest.fixture(scope="module")
def every_file(tmp_path_factory):
    return list(bad_files(tmp_path_factory.mktemp("files")))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(N_PARTS))
def test_all_bad_commands_are_refused(place, parts, part):
    assert faults_of(commands()[part::N_PARTS]) == []
    parts.finish(f"commands {part}")


@pytest.mark.slow
@pytest.mark.parametrize("part", range(N_PARTS))
def test_all_bad_studies_are_refused(place, parts, part):
    studies = list(bad_studies(N_STUDIES, SEED + 1))
    assert faults_of_studies(place, studies[part::N_PARTS]) == []
    parts.finish(f"studies {part}")


@pytest.mark.slow
@pytest.mark.parametrize("part", range(N_PARTS))
def test_all_bad_files_are_refused(place, parts, every_file, part):
    assert faults_of(every_file[part::N_PARTS]) == []
    parts.finish(f"files {part}")


@pytest.mark.slow
def test_the_note_says_what_all_parts_came_to(parts, every_file):
    every = [f"{kind} {n}" for kind in ("commands", "studies", "files") for n in range(N_PARTS)]
    if missing := parts.missing(every):
        pytest.skip(f"not passed with this code: {', '.join(missing)}")
    write_part(
        "bad commands",
        f"{len(commands()):,} bad commands (each setting of each entry point out of bounds, of a "
        "wrong type, infinite, NaN, 10^19, empty, too long or a stray word; settings that do not "
        "exist, are missing or stand twice; several mistakes at once), "
        f"{N_STUDIES} bad study files, and {len(every_file)} commands that read a file which is "
        "empty, cut, noise, a web page or a folder. Each ended with exit status 2 and one message "
        "that names the setting, the file or the word: no traceback, none after "
        f"{LIMIT:g} s (of processor time), none with exit status 0.",
    )


PROCESSES = {
    "tune": ["--task", "digits", "--base", "tiny-vit", "--method", "full", "--batch_size", "1e19"],
    "prepare": ["--brain", "arrays", "--brain_dir", "~nobody/data"],
    "align": ["--model", "models:/a@b", "--brain", "simulated-pictures", "--threads", "1000000"],
    "power": ["--differences", "5"],
}


@pytest.mark.slow
@pytest.mark.parametrize("entry", PROCESSES)
def test_a_process_of_its_own_answers_likewise(entry, tmp_path, repository):
    done = subprocess.run(
        [sys.executable, "-m", f"entrypoints.{entry}", *PROCESSES[entry]],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {PROCESSES[entry][-2].removeprefix('--')}: expected ")
    assert not list(tmp_path.iterdir())
