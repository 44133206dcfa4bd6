"""Real responses show the published means of the language network, and BOLD5000 parcels."""

import csv
from pathlib import Path

import numpy as np
import pytest
from brain_settings import brain_settings

from pipeline.alignment import align, make_folds, split_half_ceiling
from pipeline.brains import BRAINS
from pipeline.brains.bold5000.stimulus_lists import read_stimulus_list, source_of
from pipeline.brains.overview import overview
from pipeline.config import ScoreConfig
from pipeline.errors import AlignmentError
from studies import mean_language_response
from studies.mean_language_response import (
    correlation,
    hidden_states,
    predicted,
    read_mean_responses,
    word_statistics,
)

DATA = Path(__file__).parents[3] / "shared" / "data"
SENTENCES, PARCELS = DATA / "pereira2018", DATA / "bold5000" / "CSI1_schaefer100.npz"
WEIGHTS = DATA / "weights" / "all-MiniLM-L6-v2"
needs_sentences = pytest.mark.skipif(
    not (SENTENCES / "devarda_averaged").is_dir(),
    reason="the published means are not in ../shared/data/pereira2018/devarda_averaged",
)
needs_parcels = pytest.mark.skipif(
    not PARCELS.is_file(), reason=f"no ../shared/data/bold5000/{PARCELS.name}"
)


def write_arrays(folder, rows, header, responses, **rois):
    with (folder / "stimuli.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    regions = {f"roi/{name}": np.array(columns) for name, columns in rois.items()}
    np.savez(folder / "mean.npz", responses=responses, **regions)
    return BRAINS["arrays"].load(brain_settings(folder))


@pytest.fixture(scope="module")
def responses():
    return read_mean_responses(SENTENCES)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The parcels as a lab would write them, both hemispheres and each."""
    with np.load(PARCELS) as archive:
        names, betas = archive["imgnames"], archive["betas"]
    folder = tmp_path_factory.mktemp("parcels")
    parcels = {"all": range(100), "left": range(50), "right": range(50, 100)}
    rows = [(name, name, name) for name in names]
    return write_arrays(folder, rows, ("text", "group", "repeat"), betas, **parcels)


@needs_sentences
class TestMeanLanguageResponses:
    def test_the_published_sentences_are_those_of_the_experiments_in_order(self, responses):
        lists = [(SENTENCES / f"oota/{n}sents.txt").read_text().split("\n") for n in (384, 243)]
        known = [line.strip() for lines in lists for line in lines if line.strip()]
        assert len(responses.sentences) == len(known) == 627
        same = [a.strip() == b for a, b in zip(responses.sentences, known, strict=True)]
        assert np.mean(same) > 0.9  # that list resolves some pronouns and fixes some spellings

    def test_word_statistics_predict_them_in_passages_not_trained_on(self, responses):
        r, (low, high) = correlation(
            predicted(word_statistics(responses.sentences), responses), responses
        )
        assert 0.35 < low < r < high < 0.6

    def test_shuffled_responses_are_not_predicted(self, responses):
        order = np.random.default_rng(0).permutation(len(responses.values))
        shuffled = type(responses)(responses.sentences, responses.groups, responses.values[order])
        r, _ = correlation(predicted(word_statistics(responses.sentences), shuffled), shuffled)
        assert abs(r) < 0.15

    @pytest.mark.slow
    @pytest.mark.skipif(not WEIGHTS.is_dir(), reason=f"no ../shared/data/weights/{WEIGHTS.name}")
    def test_hidden_states_of_a_real_encoder_predict_them_better(self, responses):
        statistics = correlation(
            predicted(word_statistics(responses.sentences), responses), responses
        )[0]
        layers = hidden_states(responses.sentences, WEIGHTS)
        r = [correlation(predicted(layer, responses), responses)[0] for layer in layers]
        print("\nwords", round(statistics, 3), "layers", np.round(r, 3))
        assert [layer.shape for layer in layers] == [(627, 384)] * 7
        assert max(r) > statistics + 0.03
        assert int(np.argmax(r)) in {3, 4}
        assert r[-1] < max(r) - 0.1  # the last layer is trained to compare sentences, not to this

    def test_as_a_brain_dataset_they_are_one_voxel_which_2v2_cannot_score(
        self, responses, tmp_path
    ):
        mean_language_response.write_arrays(responses, tmp_path)
        data = BRAINS["arrays"].load(brain_settings(tmp_path))
        read = data.subjects["mean"]
        assert data.stimuli.items == responses.sentences
        np.testing.assert_array_equal(read.values[:, 0], responses.values.astype(np.float32))
        table = overview(data)
        assert table.voxels.tolist() == [1]
        assert table.groups.tolist() == [120]
        settings = ScoreConfig(inner_folds=3, trials=2, alpha_low=1e-2, alpha_high=1e2)
        features = {"words": word_statistics(responses.sentences)}
        with pytest.raises(AlignmentError, match="language"):
            align(features, {"language": read.values}, data.stimuli.groups, settings)


@needs_parcels
class TestParcelsOfBold5000:
    """740 trials of CSI1, 20 runs of 37, averaged in the 100 parcels of Schaefer's atlas.

    The images are not at hand, so their names stand for them: what is checked is how responses
    relate to one another.
    """

    def test_are_the_first_trials_of_the_real_list(self, data):
        trials = read_stimulus_list(DATA / "bold5000/stim_lists/CSI01_stim_lists.txt")[:740]
        assert data.stimuli.items == tuple(dict.fromkeys(trials))
        sources = [source_of(name) for name in trials]
        assert [sources.count(s) for s in ("COCO", "ImageNet", "Scene")] == [299, 293, 148]

    def test_hold_seven_images_twice_and_two_parcels_without_data(self, data):
        read = data.subjects["mean"]
        assert len(data.stimuli) == 733
        assert read.repeats.shape == (2, 7, 98)
        assert read.left_out == {"all": 2, "left": 1, "right": 1}

    def test_seven_repeated_images_are_too_few_to_show_that_repeats_are_alike(self, data):
        """Mean correlation 0.10 of repeats, and 0.00 +- 0.09 of as many pairs of images."""
        read = data.subjects["mean"]
        same = _mean_correlation(read.repeats[0], read.repeats[1])
        rng = np.random.default_rng(0)
        single = np.delete(read.values, read.repeated_rows(), axis=0)
        others = [
            _mean_correlation(*single[rng.permutation(len(single))[:14]].reshape(2, 7, -1))
            for _ in range(500)
        ]
        print(f"\nrepeats {same:.2f}, others {np.mean(others):.2f} +- {np.std(others):.2f}")
        assert abs(np.mean(others)) < 0.03
        assert np.mean(others) < same < np.mean(others) + 2 * np.std(others)
        folds = make_folds([f"image{i}" for i in range(7)], 3, "grouped", 0)
        ceiling = split_half_ceiling(read.repeats, folds)
        assert 0 <= ceiling.two_vs_two.mean() <= 1

    def test_tell_scenes_from_other_images_in_runs_not_trained_on(self, data):
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import GroupKFold, cross_val_score

        read = data.subjects["mean"]
        scenes = np.array([source_of(name) == "Scene" for name in data.stimuli.items])
        runs = np.arange(len(scenes)) // 37  # nearly: seven of 740 trials are repeats
        values = (read.values - read.values.mean(axis=0)) / read.values.std(axis=0)
        scores = cross_val_score(
            LogisticRegression(C=0.01, max_iter=1000),
            values,
            scenes,
            groups=runs,
            cv=GroupKFold(10),
            scoring="roc_auc",
        )
        print(f"\narea under the curve {scores.mean():.2f}")
        assert scores.mean() > 0.7


def _mean_correlation(first, second):
    pairs = zip(first, second, strict=True)
    return float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in pairs]))
