"""The shipped tiny-vit is small and whole, and can tell digits apart though it never saw one."""

import json

import numpy as np
import pytest
import torch

from pipeline.models.pretraining.image_mixture import PictureMixture
from pipeline.models.pretraining.letters import LETTERS
from pipeline.models.pretraining.tiny_vit import PRETRAINED, PictureTraining, held_out, save, train

WEIGHTS = PRETRAINED / "model.safetensors"


def load_backbone(folder):
    from pipeline.models.travelling.vision_networks import load_vision_network

    return load_vision_network(folder, 0), json.loads((folder / "config.json").read_text())


def class_tokens(network, images):
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2) / 255
    with torch.inference_mode():
        return network((pixels - 0.5) / 0.5).numpy()


def test_no_letter_is_a_digit():
    assert not any(letter.isdigit() for letter in LETTERS)
    assert len(set(LETTERS)) == len(LETTERS)


def test_a_batch_depends_on_its_seed_only():
    source = PictureMixture(16)
    first, again, other = (source.make(seed) for seed in (3, 3, 4))
    assert torch.equal(first.images, again.images)
    assert not torch.equal(first.images, other.images)
    assert first.images.shape == (16, 3, 32, 32)
    assert first.images.abs().max() <= 1
    assert first.letters.shape == (8,)
    assert first.attributes.shape == first.placement.shape == (8, 3)


def test_training_can_be_repeated_and_what_it_saves_can_be_loaded(tmp_path):
    short = PictureTraining(steps=2, batch=8)
    learner, record = train(short)
    again, _ = train(short)
    assert record["images_seen"] == 16
    questions = {"letter", "shape", "colour", "layout", "placement_r2"}
    assert set(held_out(learner, n_batches=1, batch=8)) == questions
    for one, two in zip(learner.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, two)
    save(learner, record, tmp_path)
    network, _ = load_backbone(tmp_path)
    assert torch.equal(network.norm.weight, learner.backbone.norm.weight)


@pytest.mark.skipif(not WEIGHTS.is_file(), reason="tiny-vit has not been trained yet")
class TestTheShippedWeights:
    def test_are_small_and_in_single_precision(self):
        from safetensors import safe_open

        assert WEIGHTS.stat().st_size < 4_000_000
        with safe_open(WEIGHTS, framework="pt") as stored:
            kinds = {stored.get_tensor(name).dtype for name in stored.keys()}  # noqa: SIM118
        assert kinds == {torch.float32}

    def test_come_with_the_record_of_the_settings_in_the_code(self):
        record = json.loads((PRETRAINED / "training.json").read_text())
        for name in ("steps", "batch", "peak_rate", "weight_decay", "seed"):
            assert record[name] == getattr(PictureTraining(), name)

    def test_fit_the_network_that_the_configuration_describes(self):
        network, config = load_backbone(PRETRAINED)
        assert config["pretrained_cfg"]["input_size"] == [3, 32, 32]
        assert class_tokens(network, np.zeros((2, 32, 32, 3), dtype=np.uint8)).shape == (2, 128)

    def test_tell_digits_apart_through_a_linear_classifier(self):
        from few_examples import few_examples
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        from pipeline.data.vision import load_digits

        network, _ = load_backbone(PRETRAINED)
        data = load_digits(few_examples(max_train=300, max_eval=300, seed=0))
        classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
        classifier.fit(class_tokens(network, data.train.images), data.train.labels)
        accuracy = classifier.score(class_tokens(network, data.test.images), data.test.labels)
        assert accuracy > 0.9
