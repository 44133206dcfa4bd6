"""Tuning on stimuli, on responses and on both: what is learned, and what is never looked at."""

import numpy as np
import pytest
import torch
from regime_sessions import ROWS, responses_to, session_in, stimuli_of

from pipeline.data.regimes import FoldRows
from pipeline.errors import TuningError
from pipeline.models.saving import save_tuned
from pipeline.models.travelling.loading import load_tuned
from pipeline.tuning.forms.readout import correlations
from pipeline.tuning.forms.two_crops import TEMPERATURE, crop, crops_loss
from pipeline.tuning.forms.word_losses import masked_loss
from pipeline.tuning.recorder import Silent
from pipeline.tuning.regimes import tune_regime

REGIMES = ("stimulus", "brain", "joint")
CASES = [
    *(("tiny-gpt2", "full", regime) for regime in REGIMES),
    *(("tiny-gpt2", method, "joint") for method in ("prompt", "prefix", "lora")),
    *(("tiny-vit", "full", regime) for regime in REGIMES),
    *(("tiny-vit", method, "joint") for method in ("vpt-shallow", "lora")),
]


def weights_of(model):
    return {name: p.detach().clone() for name, p in model.network.named_parameters()}


def readable(base, n_voxels=12):
    """Responses that a linear map of what stimuli are made of predicts, with a little noise."""
    items = stimuli_of(base)
    if isinstance(items, tuple):
        words = sorted({word for text in items for word in text.split()})
        counts = np.array([[text.split().count(word) for word in words] for text in items])
    else:
        counts = items.reshape(len(items), -1)[:, ::16].astype(float)
    rng = np.random.default_rng(0)
    signal = (counts - counts.mean(axis=0)) @ rng.standard_normal((counts.shape[1], n_voxels))
    noise = rng.standard_normal(signal.shape)
    return (signal / signal.std(axis=0) + 0.3 * noise).astype(np.float32)


@pytest.mark.parametrize(("base", "method", "regime"), CASES)
def test_what_is_tuned_in_a_regime_loads_again_without_its_read_out(base, method, regime, tmp_path):
    session = session_in(regime, method, base, learning_rate=0, max_steps=2, eval_every=2)
    tuned = tune_regime(session, Silent())
    assert tuned.training.steps == 2
    assert np.isfinite([tuned.loss, tuned.loss_before]).all()
    save_tuned(tuned.model, tmp_path)
    again = load_tuned(tmp_path, session.base.folder)
    items = stimuli_of(base)[:3]
    np.testing.assert_allclose(again.features(items), tuned.model.features(items), atol=1e-5)
    stored = {name for name, _ in again.network.named_parameters()}
    assert stored == set(weights_of(tuned.model))
    assert not any("loss" in name for name in stored)


@pytest.mark.parametrize("base", ["tiny-gpt2", "tiny-vit"])
@pytest.mark.parametrize("regime", REGIMES)
def test_full_tuning_lowers_the_loss_of_its_regime_on_the_stimuli_that_it_is_tuned_on(base, regime):
    rows = FoldRows(ROWS.train, ROWS.train)  # a base knows the language already
    responses = readable(base)
    settings = {"batch_size": 12, "max_steps": 4, "eval_every": 4, "learning_rate": 1e-4}
    session = session_in(regime, "full", base, responses, rows, **settings)
    tuned = tune_regime(session, Silent())
    assert tuned.loss < tuned.loss_before


@pytest.mark.parametrize("regime", REGIMES)
def test_held_out_stimuli_and_responses_move_no_weight(regime):
    whole, poisoned = responses_to(192), responses_to(192)
    held_out = np.setdiff1d(np.arange(192), [*ROWS.train, *ROWS.validation])
    poisoned[held_out] = 1e30
    tunings = [tune_regime(session_in(regime, responses=r), Silent()) for r in (whole, poisoned)]
    one, other = (weights_of(tuned.model) for tuned in tunings)
    assert all(torch.equal(one[name], other[name]) for name in one)
    digests = {session_in(regime, responses=r).data.digest for r in (whole, poisoned)}
    assert len(digests) == 1


def test_the_stimulus_regime_is_given_no_response():
    data = session_in("stimulus").data
    assert data.train.responses.shape == (len(ROWS.train), 0)


def test_responses_that_training_stimuli_have_do_move_weights():
    tunings = [
        tune_regime(session_in("brain", responses=responses_to(192, seed=seed)), Silent())
        for seed in (0, 1)
    ]
    one, other = (weights_of(tuned.model) for tuned in tunings)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_a_controls_loss_is_the_same_before_and_after():
    tuned = tune_regime(session_in("brain", "base"), Silent())
    assert tuned.training is None
    assert tuned.loss == tuned.loss_before


def test_joint_is_the_sum_of_both_losses_before_anything_is_trained():
    losses = {regime: tune_regime(session_in(regime, "base"), Silent()).loss for regime in REGIMES}
    assert losses["joint"] == pytest.approx(losses["stimulus"] + losses["brain"], abs=1e-4)


def test_correlations_are_pearsons_and_0_where_a_column_does_not_vary():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 20, 3))
    y[:, 2] = 1.0
    computed = correlations(torch.tensor(x), torch.tensor(y)).numpy()
    expected = [np.corrcoef(x[:, n], y[:, n])[0, 1] for n in range(2)]
    np.testing.assert_allclose(computed, [*expected, 0.0], atol=1e-12)


def test_crops_stay_within_their_pictures_and_differ_from_draw_to_draw():
    pictures = torch.arange(2 * 3 * 16 * 16, dtype=torch.float32).reshape(2, 3, 16, 16)
    one, other = (crop(pictures, torch.Generator().manual_seed(seed)) for seed in (0, 1))
    assert one.shape == pictures.shape
    assert not torch.equal(one, other)
    for part, picture in zip(one, pictures, strict=True):
        assert picture.min() <= part.min()
        assert part.max() <= picture.max()


class Brightness:
    """Vectors that tell pictures of one brightness each apart, or that are all alike."""

    def __init__(self, apart):
        self.apart = apart

    def last_layer(self, batch):
        brightness = batch["images"].mean(dim=(1, 2, 3)).round().long()
        return torch.eye(8)[brightness if self.apart else torch.zeros_like(brightness)]


def test_the_loss_on_pictures_falls_as_vectors_tell_the_crops_of_one_from_those_of_others():
    batch = {"images": torch.arange(8.0)[:, None, None, None].expand(8, 3, 16, 16)}
    network = torch.nn.Identity().eval()
    apart, alike = (crops_loss(Brightness(a), network, batch).item() for a in (True, False))
    assert alike == pytest.approx(np.log(15))  # one of the other 15 crops, at random
    assert apart == pytest.approx(np.log(1 + 14 * np.exp(-1 / TEMPERATURE)), rel=1e-4)


def test_an_encoder_names_words_that_are_masked_and_no_special_token(text_model):
    model = text_model("tiny-bert", "regime-stimulus")
    ids = model.batch([{"input_ids": [2, 10, 11, 12, 3]}])["input_ids"]
    labels = torch.tensor([[-100, 10, 11, 12, -100]])
    seen = []

    class Network(torch.nn.Module):
        def forward(self, **inputs):
            seen.append(inputs["input_ids"])
            return model.network(**inputs)

    batch = {"input_ids": ids, "labels": labels, "attention_mask": torch.ones_like(ids)}
    losses = [masked_loss(Network().eval(), batch, model.tokenizer.mask_token_id) for _ in "ab"]
    assert losses[0] == losses[1] > 0
    masked = seen[0] == model.tokenizer.mask_token_id
    assert masked.any()
    assert not masked[labels == -100].any()


@pytest.mark.parametrize("base", ["tiny-gpt2", "tiny-vit"])
def test_a_model_tuned_on_stimuli_says_that_it_does_no_task(base):
    model = session_in("stimulus", "base", base).adapted(session_in("stimulus").method, 0)
    with pytest.raises(ValueError, match="expected output='features'"):
        model.perform(stimuli_of(base)[:1])


def test_all_that_keeps_a_regime_from_a_fold_is_told_at_once():
    few = FoldRows(np.arange(3), np.arange(3, 5))
    session = session_in("brain", rows=few, batch_size=2, checkpoints=2)
    with pytest.raises(TuningError) as refusal:
        tune_regime(session, Silent())
    text = str(refusal.value)
    for part in ("regime brain: train stimuli", "validation stimuli", "batch_size", "checkpoints"):
        assert part in text
