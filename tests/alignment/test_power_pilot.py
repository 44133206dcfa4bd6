"""A pilot shows less spread with more stimuli and less noise; tables say how many are needed."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from entrypoints.power import main
from pipeline.alignment.power.design import ContrastDesign
from pipeline.alignment.power.estimate import power_of_contrast, power_table
from pipeline.alignment.power.pilot import pilot_scores, run_pilot
from pipeline.config import PowerConfig
from pipeline.errors import ConfigError
from pipeline.reporting.figures.power import power_figure

SMALL = PowerConfig(pilot_subjects=6, n_stimuli=96, n_voxels=40, n_repeats=3, folds=4)
DESIGN = ContrastDesign(n_subjects=8, n_folds=5, sd_between_subjects=0.02, sd_within=0.05)


def changed(**settings):
    return SMALL.model_copy(update=settings)


@pytest.fixture(scope="module")
def pilot():
    return run_pilot(SMALL)


def test_the_models_of_a_pilot_are_above_chance(pilot):
    assert 0.6 < pilot.mean < 1


def test_the_two_models_are_equally_good_in_every_subject_and_fold():
    first, second = pilot_scores(SMALL)
    assert len(first) == len(second) == SMALL.pilot_subjects * SMALL.folds
    assert abs(first.two_vs_two.mean() - second.two_vs_two.mean()) < 0.08
    assert not np.array_equal(first.two_vs_two, second.two_vs_two)


def test_differences_vary_less_with_more_stimuli_or_less_noise(pilot):
    more = run_pilot(changed(n_stimuli=256))
    clearer = run_pilot(changed(white_noise=0.5, group_noise=0.1))
    assert more.spread.within < 0.8 * pilot.spread.within
    assert clearer.spread.within < pilot.spread.within
    assert clearer.mean > pilot.mean


def test_decoding_is_another_direction(pilot):
    assert run_pilot(changed(direction="decoding")).mean != pilot.mean


def test_the_same_seed_gives_the_same_pilot(pilot):
    assert run_pilot(SMALL) == pilot
    assert run_pilot(changed(seed=1)) != pilot


def test_the_table_says_what_each_difference_needs():
    table = power_table(DESIGN, [0.0, 0.01, 0.03, 0.2], seed=0)
    assert table.found.tolist() == [
        power_of_contrast(DESIGN, d).rate for d in (0.0, 0.01, 0.03, 0.2)
    ]
    needed = table.subjects_needed.tolist()
    assert needed[0] == 0
    assert needed[1] > needed[2] > needed[3] >= 2
    enough, short = (
        power_of_contrast(replace(DESIGN, n_subjects=n), 0.03).rate
        for n in (needed[2], needed[2] - 1)
    )
    assert short < 0.8 <= enough
    flipped = power_table(replace(DESIGN, test="sign-flip"), [0.001], seed=0)
    assert flipped.subjects_needed.tolist() == [0]


def test_the_figure_has_a_line_for_each_number_of_subjects():
    table = pd.DataFrame({"difference": [0, 0.1], "found": [0.05, 0.9]})
    figure = power_figure("simulated", {4: table, 8: table.assign(found=[0.05, 1.0])})
    (panel,) = figure.axes
    assert [text.get_text() for text in panel.get_legend().get_texts()] == ["4", "8"]
    assert list(panel.lines[1].get_ydata()) == [0.05, 1.0]


QUICK = ["--pilot_subjects", "3", "--n_stimuli", "64", "--n_voxels", "20", "--folds", "3"]


def test_the_command_prints_a_line_for_each_difference_and_draws(tmp_path, capsys):
    path = tmp_path / "power.png"
    main([*QUICK, "--differences", "0.02,0.3", "--n_subjects", "5", "--figure", str(path)])
    printed = capsys.readouterr().out
    assert "Simulated: 64 sentences, 1 times each" in printed
    assert "A study of 5 subjects (t test, alpha 0.05)" in printed
    rows = [line.split() for line in printed.splitlines() if line.strip().startswith("0.")]
    assert [row[0] for row in rows] == ["0.02", "0.30"]
    assert float(rows[0][1]) < float(rows[1][1])
    assert path.read_bytes().startswith(b"\x89PNG")


def test_mistakes_in_the_command_are_told_together():
    with pytest.raises(ConfigError, match=r"(?s)2 problems.*differences.*'0.1,x'.*figure.*a\.gif"):
        main(["--differences", "0.1,x", "--figure", "a.gif"])
    with pytest.raises(ConfigError, match="test: expected t with more than 12 subjects"):
        main(["--test", "sign-flip", "--n_subjects", "13"])


@pytest.mark.parametrize(
    "words", ["", ",", "5", "-1.5", "inf", "nan", "0.1,,0.2", "0.1 0.2", "1e9"]
)
def test_differences_that_no_accuracy_can_have_are_refused(words):
    with pytest.raises(ConfigError, match=r"differences: expected 1 to 50 numbers from -0\.5"):
        main(["--differences", words])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n_subjects", 10**9), ("pilot_subjects", 10**8), ("n_stimuli", 10**12),
        ("n_voxels", 10**12), ("n_repeats", 10**9), ("folds", 10**9), ("seed", 2**32),
        ("effect", "inf"), ("group_noise", "nan"), ("white_noise", "inf"), ("model_noise", "inf"),
        ("heterogeneity", "nan"), ("alpha", 0), ("folds", 49),
    ],
)  # fmt: skip
def test_numbers_that_no_machine_holds_are_refused_by_field(field, value):
    with pytest.raises(ConfigError, match=f"^{field}: expected "):
        main([f"--{field}", str(value)])


def test_models_that_never_differ_are_refused_unless_subjects_do():
    silent = [*QUICK, "--group_noise", "0", "--white_noise", "0", "--model_noise", "0"]
    with pytest.raises(ConfigError, match="heterogeneity: expected above 0 where the simulated"):
        main([*silent, "--heterogeneity", "0"])
