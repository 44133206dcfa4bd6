"""Refusals, in a dry run and before a study begins, of what a later stage would refuse."""

from dataclasses import replace

import numpy as np
import pytest
import yaml
from machines import QUICK
from PIL import Image

from entrypoints.main import main
from pipeline.config import TuneConfig
from pipeline.data import TASKS
from pipeline.data.forms.generation import TextPairs
from pipeline.errors import PipelineError
from pipeline.models.bases import BASES
from pipeline.tracking.stages.forecast import stage
from pipeline.tracking.stages.forecast.misfits import tuning_problems

LITTLE = {"max_train": 32, "max_eval": 10, "max_steps": 2, "eval_every": 2}
OF_PICTURES = {
    "bases": ["tiny-vit"],
    "tasks": ["digits"],
    "methods": ["base", "vpt-shallow"],
    "brains": ["simulated-pictures"],
    "tune": LITTLE,
    "align": {"folds": 2, "inner_folds": 2, "trials": 2, "nuisance": False},
}
OF_TEXT = {
    **OF_PICTURES,
    "bases": ["tiny-gpt2"],
    "tasks": ["summarization"],
    "methods": ["base", "prompt"],
    "brains": ["simulated-sentences"],
}
LONG = "the baker kneads the dough " * 20  # about 100 tokens
KNOWN = "the baker kneads the dough ."
STRANGE = "Quarterly revenues at the Frankfurt lender slumped unexpectedly."


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with brain datasets of long sentences and of pictures, and two corpora; no store."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.setattr(stage, "machine_constants", lambda: QUICK)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name, column in {"read": "text", "seen": "image"}.items():
        brain = tmp_path / name
        brain.mkdir()
        items = [f"{LONG} {n}" if column == "text" else f"{n}.png" for n in range(12)]
        rows = [f"{item},p{n // 2}" for n, item in enumerate(items)]
        (brain / "stimuli.csv").write_text("\n".join([f"{column},group", *rows]))
        responses = rng.standard_normal((12, 8), dtype=np.float32)
        np.savez(brain / "s1.npz", responses=responses, **{"roi/all": np.arange(8)})
    for n in range(12):
        pixels = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "seen" / f"{n}.png")
    for name, target in {"strange": STRANGE, "long": LONG * 2}.items():
        corpus = tmp_path / name
        corpus.mkdir()
        for split in ("train", "valid", "test"):
            (corpus / f"{split}.en").write_text(f"{KNOWN}\n" * 4)
            (corpus / f"{split}.de").write_text(f"{target}\n" * 4)
    return tmp_path


def study_of(place, *grids):
    study = {"name": "little", "asks": "Is it refused in time?", "grids": list(grids)}
    path = place / "study.yaml"
    path.write_text(yaml.safe_dump(study))
    return path


READ = [{"brain": "arrays", "brain_dir": "read"}]
REFUSALS = {
    "folds": (OF_PICTURES, {"align": {"folds": 500}}, "at most 89 folds"),
    "devices of align": (
        OF_PICTURES,
        {"align": {"device": "cuda", "ridge_device": "cuda"}},
        r"2 problems:\n +1. grid 2: ridge_device: expected a GPU.*\n +2. grid 2: device: expected",
    ),
    "device of tune": (
        OF_TEXT,
        {"tune": {**LITTLE, "device": "cuda", "prompt_length": 400}},
        r"2 problems:\n.*device: expected a GPU(.|\n)*prompt_length: expected at most 166",
    ),
    "class of a decoder": (OF_TEXT, {"align": {"pooling": "class"}}, "pooling: expected mean or"),
    "prompt": (OF_TEXT, {"tune": {**LITTLE, "prompt_length": 400}}, "prompt_length: expected at"),
    "prompt before long stimuli": (
        OF_TEXT,
        {"tune": {**LITTLE, "prompt_length": 160}, "brains": READ},
        "prompt_room: expected at least 160, .* stimuli of 1",
    ),
    "room": (OF_TEXT, {"align": {"prompt_room": 192}}, "prompt_room: expected below 192"),
    "width of layers": (OF_TEXT, {"align": {"width": 300}}, "width: expected at most 128"),
    "width of folds": (
        OF_TEXT,
        {"align": {"width": 7, "folds": 2, "inner_folds": 2}, "brains": READ},
        "width: expected below 6, the training stimuli of a fold",
    ),
    "pooling of pictures": (
        OF_PICTURES,
        {"align": {"pooling": "last"}, "brains": [{"brain": "arrays", "brain_dir": "seen"}]},
        "grid 2: pooling: expected mean or class for image",
    ),
    "modality": (
        OF_PICTURES,
        {"brains": READ},
        "grid 2: brain: expected image stimuli, as tiny-vit takes; found .* stimuli are text",
    ),
    "text unknown to BERTScore": (
        OF_TEXT,
        {"tasks": [{"task": "parallel", "data_dir": "strange"}]},
        "grid 2: task parallel: bertscore_model 'tiny-bert': expected a model that knows",
    ),
    "layer of BERTScore": (
        OF_TEXT,
        {"tune": {**LITTLE, "bertscore_layers": 40}},
        "bertscore_layers: expected at most",
    ),
    "BERTScore left out": (
        OF_TEXT,
        {"tune": {**LITTLE, "bertscore_model": "none"}},
        "bertscore_model: expected a model, as BERTScore decides",
    ),
    "long targets": (
        OF_TEXT,
        {
            "tasks": [{"task": "parallel", "data_dir": "long"}],
            "tune": {**LITTLE, "bertscore_model": "none"},
        },
        r"task parallel: target: expected at most \d+ tokens.* found a target of 321",
    ),
}


@pytest.mark.parametrize("dry", [True, False], ids=["dry run", "start"])
@pytest.mark.parametrize(("grid", "changes", "message"), REFUSALS.values(), ids=REFUSALS)
def test_what_a_later_stage_or_model_would_refuse_is_refused_before_the_first(
    place, grid, changes, message, dry
):
    good = {**grid, "methods": ["untrained"], "bases": [str(BASES[grid["bases"][0]].folder())]}
    path = study_of(place, good, {**grid, **changes})
    before = sorted(place.iterdir())
    with pytest.raises(PipelineError, match=message):
        main(["--study", str(path), *(["--dry_run", "true"] if dry else [])])
    assert sorted(place.iterdir()) == before


@pytest.mark.parametrize("dry", [True, False], ids=["dry run", "start"])
def test_a_base_that_is_named_in_two_ways_is_refused_where_its_models_are_the_same(place, dry):
    grid = {"brains": ["simulated-sentences"], "align": OF_TEXT["align"]}
    folder = str(BASES["tiny-gpt2"].folder())
    path = study_of(place, {**grid, "models": ["tiny-gpt2", folder]})
    with pytest.raises(PipelineError, match=rf"bases: .*found 'tiny-gpt2' and '{folder}', which"):
        main(["--study", str(path), *(["--dry_run", "true"] if dry else [])])


def test_texts_that_bertscore_is_not_to_score_want_no_model_of_it(place, capsys):
    tasks = [{"task": "parallel", "data_dir": "strange"}]
    grid = {**OF_TEXT, "tasks": tasks, "tune": {**LITTLE, "bertscore_model": "none"}}
    main(["--study", str(study_of(place, grid)), "--dry_run", "true"])
    assert "Everything that it needs is here." in capsys.readouterr().out


def test_a_split_without_examples_is_found_with_the_base_out_of_reach():
    data = TASKS["summarization"].load(TuneConfig(task="summarization", method="full", **LITTLE))
    damaged = replace(data, validation=TextPairs((), ()))
    config = TuneConfig(task="summarization", method="full")
    (problem,) = tuning_problems(config, None, None, damaged)
    assert "validation split: expected at least one example" in str(problem)
