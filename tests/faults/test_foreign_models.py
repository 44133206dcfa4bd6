"""No code runs that this project did not write, and no file is taken that a base does not hold."""

import json
import shutil

import mlflow
import numpy as np
import pytest

import pipeline
from pipeline.config import ExtractConfig, TuneConfig
from pipeline.errors import ConfigError, RegistryError
from pipeline.models.bases import PRETRAINED, find_base
from pipeline.tracking.digests import digest_of_bytes, file_digests, folder_at
from pipeline.tracking.registered import DETAILS, resolve
from pipeline.tracking.seals import seal_run
from pipeline.tracking.stages.extract import run_extract
from pipeline.tracking.stages.tune.stage import run_tune
from pipeline.tracking.versions import FILES, SEAL

BRAIN = "simulated-pictures"
TUNED = {"base": "tiny-vit", "task": "digits", "method": "vpt-shallow", "prompt_length": 2}
QUICK = {"max_train": 40, "max_eval": 10, "max_steps": 2, "eval_every": 1}


@pytest.fixture(scope="module")
def tuned(empty_store):
    return run_tune(TuneConfig.model_validate({**TUNED, **QUICK}))


@pytest.fixture
def version(tuned):
    """Give a version with its folder, which is put back as it was."""
    location = mlflow.get_logged_model(tuned.model_id).artifact_location
    with folder_at(location) as folder:
        copy = folder.with_name("copy")
        shutil.copytree(folder, copy)
        yield tuned, folder
        shutil.rmtree(folder)
        copy.rename(folder)
        seal_again(tuned, folder)


def seal_again(version, folder):
    """Do what someone who can write to the registry would do, too."""
    text = json.dumps(file_digests(folder))
    client = mlflow.MlflowClient()
    client.log_text(version.run_id, text, FILES)
    digest = digest_of_bytes(text.encode())
    tags = client.get_model_version(version.name, version.version).tags
    details = json.dumps({**json.loads(tags.get(DETAILS, "{}")), SEAL: digest})
    client.set_model_version_tag(version.name, version.version, DETAILS, details)
    seal_run(version.run_id)


def extract(version, **settings):
    return run_extract(ExtractConfig(model=version.uri, brain=BRAIN, **settings)).read()


PLACES = ("artifacts/travelling/loading.py", "registered_model.py")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("sealed", [False, True])
def test_a_line_appended_to_the_code_of_a_version_never_runs(version, tmp_path, place, sealed):
    tuned, folder = version
    witness = tmp_path / "ran"
    with (folder / place).open("a") as code:
        code.write(f"\nopen({str(witness)!r}, 'w').close()\n")
    if sealed:
        seal_again(tuned, folder)
    with pytest.raises(RegistryError, match=r"other code|registered_model.py changed|loading.py"):
        extract(tuned, pooling="class")
    assert not witness.exists()


def test_features_asked_for_in_python_never_run_code_of_others(version, tmp_path):
    tuned, folder = version
    witness = tmp_path / "ran"
    with (folder / PLACES[0]).open("a") as code:
        code.write(f"\nopen({str(witness)!r}, 'w').close()\n")
    seal_again(tuned, folder)
    with pytest.raises(RegistryError, match=r"other code|loading.py"):
        pipeline.features(tuned.uri, np.zeros((2, 28, 28, 3), np.uint8))
    assert not witness.exists()


def test_code_of_others_runs_where_the_registry_is_trusted(version, tmp_path):
    tuned, folder = version
    witness = tmp_path / "ran"
    with (folder / PLACES[0]).open("a") as code:
        code.write(f"\nopen({str(witness)!r}, 'w').close()\n")
    assert extract(tuned, trust_registry=True)
    assert witness.exists()


@pytest.mark.parametrize(("old", "new"), [
    ("mlflow.pyfunc.loaders.code_model", "json"),
    ("path: artifacts/travelling", "path: artifacts/tuned"),
    ("code: null", "code: artifacts"),
])  # fmt: skip
def test_a_model_that_would_load_other_code_is_refused(version, old, new):
    tuned, folder = version
    text = (folder / "MLmodel").read_text()
    assert old in text
    (folder / "MLmodel").write_text(text.replace(old, new))
    seal_again(tuned, folder)
    with pytest.raises(RegistryError, match=r"another kind of model"):
        extract(tuned, pooling="class")


def test_a_compiled_file_beside_the_code_is_not_what_runs(version, tmp_path):
    import importlib.util
    import py_compile

    tuned, folder = version
    witness, source = tmp_path / "ran", tmp_path / "evil.py"
    place = folder / PLACES[0]
    source.write_text(place.read_text() + f"\nopen({str(witness)!r}, 'w').close()\n")
    compiled = importlib.util.cache_from_source(str(place))
    flags = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(source), compiled, doraise=True, invalidation_mode=flags)
    assert extract(tuned, pooling="class")
    assert not witness.exists()


class Foreign(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


def test_a_model_that_tune_did_not_register_is_refused_in_one_sentence(tuned):
    with mlflow.start_run():
        mlflow.pyfunc.log_model(
            name="foreign",
            python_model=Foreign(),
            registered_model_name="foreign",
            pip_requirements=["mlflow"],
        )
    with pytest.raises(RegistryError, match=r"^model: .* found 'models:/foreign/1', a model of"):
        run_extract(ExtractConfig(model="models:/foreign/1", brain=BRAIN))
    client = mlflow.MlflowClient()
    for name, value in tuned.tags.items():
        client.set_model_version_tag("foreign", "1", name, value)
    foreign = resolve("models:/foreign/1")
    with pytest.raises(RegistryError, match=r"^model models:/foreign/1: expected the files"):
        extract(foreign)
    with folder_at(mlflow.get_logged_model(foreign.model_id).artifact_location) as folder:
        seal_again(foreign, folder)
    with pytest.raises(RegistryError, match=r"another kind of model"):
        extract(foreign)


def test_links_that_leave_the_folder_of_a_base_are_refused(tmp_path):
    folder = tmp_path / "tiny-gpt2"
    shutil.copytree(PRETRAINED / "tiny-gpt2", folder)
    secret = tmp_path / "secret"
    secret.write_text("{}")
    (folder / "further.json").symlink_to(secret)
    with pytest.raises(ConfigError, match=r"further.json: expected a file inside .* a link to"):
        find_base(str(folder)).folder()


@pytest.mark.parametrize("target", ["nowhere.json", "further.json", "/no/such/place"])
def test_links_to_nothing_are_refused_and_not_passed_over(tmp_path, target):
    folder = tmp_path / "tiny-gpt2"
    shutil.copytree(PRETRAINED / "tiny-gpt2", folder)
    (folder / "further.json").symlink_to(target)
    with pytest.raises(ConfigError, match=r"further.json: .* a link to .*, where there is none"):
        find_base(str(folder)).folder()


def test_links_of_files_and_of_the_folder_itself_that_stay_inside_are_a_base(tmp_path):
    folder, link = tmp_path / "tiny-gpt2", tmp_path / "linked"
    shutil.copytree(PRETRAINED / "tiny-gpt2", folder)
    (folder / "config.json").rename(folder / "config.2026")
    (folder / "config.json").symlink_to("config.2026")
    link.symlink_to(folder, target_is_directory=True)
    assert find_base(str(link)).folder() == link


def test_a_folder_called_snapshots_opens_no_way_out_of_a_base(tmp_path):
    folder = tmp_path / "snapshots" / "tiny-gpt2"
    shutil.copytree(PRETRAINED / "tiny-gpt2", folder)
    (tmp_path / "secret.json").write_text("{}")
    (folder / "further.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(ConfigError, match=r"further.json: expected a file inside .* a link to"):
        find_base(str(folder)).folder()


def test_links_within_the_cache_of_the_hub_are_a_base(tmp_path):
    repository = tmp_path / "models--org--tiny-gpt2"
    blobs, snapshot = repository / "blobs", repository / "snapshots" / "0123"
    snapshot.mkdir(parents=True)
    shutil.copytree(PRETRAINED / "tiny-gpt2", blobs)
    for path in blobs.iterdir():
        (snapshot / path.name).symlink_to(path)
    assert find_base(str(snapshot)).folder() == snapshot
