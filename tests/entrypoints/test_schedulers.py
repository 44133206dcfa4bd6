"""A scheduler that cannot take the work of a study is refused before a run is opened."""

import pytest

from entrypoints import main as entrypoint
from pipeline.alignment.dataset import units
from pipeline.errors import ConfigError


@pytest.fixture
def nowhere(repository, tmp_path, monkeypatch):
    """Stand in an empty folder, beside no store."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    return tmp_path


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("somewhere", r"scheduler: expected nothing, or tcp://host:port; found 'somewhere'"),
        ("tcp://127.0.0.1:1", r"scheduler: expected .* that answers"),
    ],
)
def test_a_study_is_refused_with_the_reason_and_opens_no_store(
    nowhere, repository, address, reason, monkeypatch
):
    monkeypatch.setattr(units, "SCHEDULER_SECONDS", 0.5)
    study = repository / "studies" / "demo.yaml"
    with pytest.raises(ConfigError, match=reason):
        entrypoint.main([f"--study={study}", f"--scheduler={address}"])
    assert list(nowhere.iterdir()) == []
