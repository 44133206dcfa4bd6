"""Study files that are sound but for what a test puts into them."""

import pytest
import yaml

GRID = {
    "bases": ["tiny-gpt2"],
    "tasks": ["summarization"],
    "methods": ["base", "prompt"],
    "brains": ["simulated-sentences"],
}


@pytest.fixture
def study_file(tmp_path):
    """Write a study of a grid or several, each as changed, and of what stands above them."""

    def write(*changes, **above):
        grids = [{**GRID, **change} for change in changes or ({},)]
        study = {"name": "s", "asks": "which?", "grids": grids, **above}
        path = tmp_path / "study.yaml"
        path.write_text(yaml.safe_dump(study))
        return path

    return write
