"""A device that is not there is refused; otherwise the setting, or what there is, decides."""

import pytest
import torch

from pipeline.errors import ConfigError
from pipeline.models.devices import chosen_device


@pytest.mark.parametrize(("setting", "gpu", "device"), [
    ("auto", True, "cuda"), ("cuda", True, "cuda"), ("cpu", True, "cpu"),
    ("auto", False, "cpu"), ("cpu", False, "cpu"),
])  # fmt: skip
def test_the_device_is_that_of_the_setting_and_the_machine(monkeypatch, setting, gpu, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    assert chosen_device(setting) == device


def test_a_gpu_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match=r"device: expected a GPU .* found none. Say device=auto"):
        chosen_device("cuda")
