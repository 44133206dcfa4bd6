import numpy as np
import pandas as pd
import pytest
from settings_with import replace
from sklearn.linear_model import Ridge as SklearnRidge

from pipeline.alignment import align, encode, make_folds
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.primal.cost import FoldSizes
from pipeline.alignment.score_fold import primal_rois
from pipeline.alignment.sources import varying
from pipeline.errors import AlignmentError


def test_a_single_band_is_encoded_as_align_encodes_a_layer(subject, groups, settings):
    features, responses = subject
    whole = align(features, responses, groups, settings)
    expected = whole[whole.direction == "encoding"].reset_index(drop=True)
    encoded = encode({name: (x,) for name, x in features.items()}, responses, groups, settings)
    assert list(encoded.columns) == list(expected.columns)
    exact = ["direction", "roi", "layer", "fold", "two_vs_two", "alpha", "n_test", "n_train"]
    pd.testing.assert_frame_equal(encoded[exact], expected[exact])
    close = ["correlation", "inner_two_vs_two", "inner_correlation"]
    np.testing.assert_allclose(encoded[close], expected[close], atol=1e-9)


def test_a_band_of_a_width_is_encoded_as_a_layer_of_that_width(subject, groups, settings):
    features, responses = subject
    narrow = replace(settings, width=6)
    whole = align(features, responses, groups, narrow)
    expected = whole[whole.direction == "encoding"].reset_index(drop=True)
    sources = {name: (x,) for name, x in features.items()}
    encoded = encode(sources, responses, groups, settings, width=6)
    np.testing.assert_allclose(encoded.two_vs_two, expected.two_vs_two)
    np.testing.assert_allclose(encoded.correlation, expected.correlation, atol=1e-9)


def test_two_bands_are_ridge_on_columns_divided_by_the_root_of_their_traces(
    subject, groups, settings
):
    features, responses = subject
    bands = tuple(features.values())
    one_alpha = replace(settings, trials=1)
    encoded = encode({"both": bands}, responses, groups, one_alpha)
    for number, fold in enumerate(make_folds(groups, 4, "grouped", settings.seed)):
        z = [(x - x[fold.train].mean(0)) / x[fold.train].std(0) for x in bands]
        X = np.hstack([band / np.sqrt(band.shape[1]) for band in z])
        for roi, y in responses.items():
            row = encoded[(encoded.roi == roi) & (encoded.fold == number)].iloc[0]
            Y = (y - y[fold.train].mean(0)) / y[fold.train].std(0)
            # both bands have a mean diagonal of 1, so the scale of alpha is their sum
            ridge = SklearnRidge(alpha=row.alpha * 2, fit_intercept=False)
            predicted = ridge.fit(X[fold.train], Y[fold.train]).predict(X[fold.test])
            pairs = zip(predicted, Y[fold.test], strict=True)
            r = np.mean([np.corrcoef(a, b)[0, 1] for a, b in pairs])
            assert row.correlation == pytest.approx(r, abs=1e-6)


def test_a_band_of_one_column_can_be_encoded_from(subject, groups, settings, rng):
    _, responses = subject
    encoded = encode({"position": (rng.standard_normal((48, 1)),)}, responses, groups, settings)
    assert encoded.two_vs_two.between(0, 1).all()
    assert encoded.correlation.notna().all()


def test_copies_of_a_band_weigh_no_more_than_the_band(subject, groups, settings):
    features, responses = subject
    layer = features["h.0"]
    encoded = encode(
        {"once": (layer,), "wide": (np.tile(layer, 5),)}, responses, groups, settings
    ).set_index(["layer", "roi", "fold"])
    np.testing.assert_allclose(
        encoded.loc["wide"].correlation, encoded.loc["once"].correlation, atol=1e-9
    )


def test_a_band_that_is_constant_adds_nothing(subject, groups, settings):
    features, responses = subject
    alone = encode({"x": (features["h.0"],)}, responses, groups, settings)
    with_constant = encode({"x": (features["h.0"], np.ones((48, 2)))}, responses, groups, settings)
    pd.testing.assert_frame_equal(alone, with_constant)


def test_a_source_of_which_nothing_varies_is_refused(subject, groups, settings):
    _, responses = subject
    with pytest.raises(AlignmentError, match=r"length.*: expected columns that vary"):
        encode({"length": (np.ones((48, 2)),)}, responses, groups, settings)


def test_only_sources_that_vary_in_every_training_fold_are_kept(groups, settings, rng):
    first = make_folds(groups, 4, "grouped", settings.seed)[0]
    only_in_test = np.zeros((48, 1))
    only_in_test[first.test] = rng.standard_normal((len(first.test), 1))
    sources = {"fold": (only_in_test,), "kept": (only_in_test, rng.standard_normal((48, 1)))}
    assert list(varying(sources, nested_folds(groups, settings))) == ["kept"]


def test_arrays_that_do_not_match_the_stimuli_are_refused(subject, groups, settings):
    _, responses = subject
    with pytest.raises(AlignmentError, match=r"source length, band 0: expected one row"):
        encode({"length": (np.ones((40, 2)),)}, responses, groups, settings)


def test_a_small_roi_scores_by_columns_what_it_scores_by_stimuli(settings, on_kernel_side):
    rng = np.random.default_rng(3)
    groups = np.repeat([f"g{n}" for n in range(60)], 5)
    nuisance, layer = rng.standard_normal((300, 2)), rng.standard_normal((300, 5))
    y = layer @ rng.standard_normal((5, 8)) + rng.standard_normal((300, 8))
    sources = {"both": (nuisance, layer, np.ones((300, 1)))}
    assert list(primal_rois(FoldSizes(300, 200), 8, {"V1": y})) == ["V1"]
    by_columns = encode(sources, {"V1": y}, groups, settings)
    with on_kernel_side():
        by_stimuli = encode(sources, {"V1": y}, groups, settings)
    pd.testing.assert_frame_equal(by_columns, by_stimuli, rtol=1e-9, atol=1e-9)
