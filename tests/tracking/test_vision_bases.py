"""Vision bases of every kind are tuned, registered, aligned, and work without the project."""

import mlflow
import numpy as np
import pytest
from elsewhere import run_elsewhere
from vision_architectures import VISION, timm_folder

from pipeline.config import ExtractConfig
from pipeline.tracking.stages.extract import run_extract
from pipeline.tracking.stages.tune.stage import run_tune

METHOD = {"resnet": "lora", "dinov3": "vpt-deep"}
ELSEWHERE = """
import importlib.util, json, sys
assert importlib.util.find_spec("pipeline") is None, "the project must not be importable here"
import mlflow, numpy as np
model = mlflow.pyfunc.load_model(sys.argv[1])
pictures = np.arange(3 * 32 * 32 * 3, dtype=np.uint8).reshape(3, 32, 32, 3)
features = model.predict(pictures, params={"output": "features"})
layers = features if isinstance(features, list) else np.moveaxis(features, 1, 0)
print("RESULT" + json.dumps([model.predict(pictures), [float(x.sum()) for x in layers]]))
"""


@pytest.fixture(scope="module")
def tuned(store, config_of, tmp_path_factory):
    """Tune a base of one kind for a step."""

    def make(kind, method):
        folder = tmp_path_factory.mktemp(kind) / f"random-{kind}"
        timm_folder(folder, *VISION[kind])
        return run_tune(config_of(str(folder), "digits", method, max_steps=1, eval_every=1))

    return make


def check(version, folder):
    extracted = run_extract(ExtractConfig(model=version.uri, brain="simulated-pictures"))
    assert len(extracted.read()) >= 2
    pictures = np.arange(3 * 32 * 32 * 3, dtype=np.uint8).reshape(3, 32, 32, 3)
    here = mlflow.pyfunc.load_model(version.uri)
    names, sums = run_elsewhere(ELSEWHERE, folder, version.uri)
    assert here.predict(pictures) == names
    features = here.predict(pictures, params={"output": "features"})
    layers = features if isinstance(features, list) else np.moveaxis(features, 1, 0)
    np.testing.assert_allclose([layer.sum() for layer in layers], sums, rtol=1e-3, atol=1e-2)


def test_a_network_without_tokens_is_tuned_and_extracted(tuned):
    version = tuned("resnet", "lora")
    extracted = run_extract(ExtractConfig(model=version.uri, brain="simulated-pictures"))
    assert [layer.shape[1] for layer in extracted.read().values()] == [64, 16, 24, 32, 48]


@pytest.mark.slow
@pytest.mark.parametrize("kind", VISION)
def test_every_architecture_goes_all_the_way_and_works_without_the_project(tuned, tmp_path, kind):
    check(tuned(kind, METHOD.get(kind, "bitfit")), tmp_path)
