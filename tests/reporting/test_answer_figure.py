"""The answer's figure shows each mean difference with its interval and its subjects."""

import pytest

from pipeline.reporting.answer import answer_of
from pipeline.reporting.asked_contrasts import asked_contrasts
from pipeline.reporting.figures.answer import answer_figure


@pytest.fixture(scope="module")
def contrasts(whole_study):
    contrasts = asked_contrasts(whole_study)
    return contrasts[contrasts["direction"] == "encoding"]


def drawn(results, contrasts):
    return answer_figure(results, answer_of(results).headline, contrasts)


def test_every_difference_is_a_mark_and_every_subject_a_ring(whole_study, contrasts):
    (panel,) = drawn(whole_study, contrasts).draw().axes
    marks = [line.get_xdata() for line in panel.lines[1:]]  # the first is zero
    for row, mark, rings in zip(contrasts.itertuples(), marks[::2], marks[1::2], strict=True):
        assert list(mark) == [row.difference]
        own = whole_study.subject_contrasts
        own = own[
            (own.contrast == row.contrast)
            & (own.brain == row.brain)
            & (own.direction == "encoding")
        ]
        assert sorted(rings) == pytest.approx(sorted(own.groupby("subject").difference.mean()))


def test_its_words_tell_the_numbers_and_that_subjects_are_simulated(whole_study, contrasts):
    figure = drawn(whole_study, contrasts)
    assert figure.title.endswith("(simulated subjects)")
    assert figure.alt.count(" to ") == contrasts["low"].notna().sum()


def test_a_difference_without_an_interval_is_drawn_without_one(whole_study, contrasts):
    bare = contrasts.assign(low=float("nan"), high=float("nan"))
    assert " to " not in drawn(whole_study, bare).alt
    drawn(whole_study, bare).draw()
