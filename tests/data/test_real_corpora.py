"""The real files of the corpora, where they are at hand: counts and contents as published."""

from pathlib import Path

import numpy as np
import pytest
from corpus_files import request

from pipeline.data import TASKS

DATA = Path(__file__).parents[3] / "shared" / "data"


def load(task, folder, **changes):
    directory = DATA / folder
    if not directory.is_dir():
        pytest.skip(f"the real files are not in ../shared/data/{folder}")
    return TASKS[task].load(request(directory, **{"max_train": 10**6, **changes}))


def sizes(data):
    return len(data.train), len(data.validation), len(data.test)


@pytest.mark.parametrize(("languages", "article"), [("en-de", "Ein"), ("en-fr", "Un")])
def test_multi30k(languages, article):
    data = load("multi30k", "text/multi30k/task1_raw", languages=languages, max_eval=2000)
    assert sizes(data) == (29_000, 1014, 1000)
    assert np.mean([target.startswith(article) for target in data.train.targets]) > 0.3


@pytest.mark.parametrize("language", ["en", "de", "es"])
def test_xquad(language):
    splits = ",".join([f"xquad.{language}"] * 3)
    data = load("squad-spans", "text/xquad", splits=splits, max_eval=200)
    assert 1170 < sum(sizes(data)) <= 1190  # what is left of a passage beyond max_eval is not used
    assert "passed over" not in data.source
    for context, answers, start in zip(
        data.train.contexts, data.train.answers, data.train.starts, strict=True
    ):
        assert context[start : start + len(answers[0])] == answers[0]
    assert not set(data.train.contexts) & set(data.test.contexts)


def test_dialogsum_with_three_references_to_test_on():
    data = load("dialogsum", "text/dialogsum", splits="dev,dev,test")
    assert sizes(data) == (400, 100, 500)
    assert {len(further) for further in data.test.accepted} == {2}


def test_glue_as_distributed():
    mrpc, rte = load("mrpc", "text/glue/MRPC"), load("rte", "text/glue/RTE")
    assert sizes(mrpc) == (3668, 204, 204)
    assert mrpc.train.labels.mean() == pytest.approx(0.674, abs=0.001)
    assert sizes(rte)[0] == 1244
    assert sum(sizes(rte)[1:]) == 139


def test_codexglue_as_distributed():
    data = load("code-translation", "text/codexglue/code-to-code-trans")
    assert sizes(data) == (10_295, 499, 1000)
    back = load("code-translation", "text/codexglue/code-to-code-trans", languages="cs-java")
    assert set(back.test.targets) == set(data.test.sources)


def test_the_hubs_own_rows():
    assert sum(sizes(load("xsum", "text/hf_fixture_samples/xsum"))) == 10
    assert sum(sizes(load("wmt16", "text/hf_fixture_samples/wmt16", languages="en-ro"))) == 10
    squad = load("squad", "text/hf_fixture_samples/SQUAD")
    assert squad.source.endswith("6 rows without an example passed over")  # of SQuAD 2.0
    second = load("squad2-spans", "text/hf_fixture_samples/SQUAD")
    every = [a for split in (second.train, second.validation, second.test) for a in split.answers]
    assert (len(every), sum(not answers for answers in every)) == (14, 6)


@pytest.mark.slow
def test_cifar10_in_archives_of_class_folders():
    data = load("cifar10", "cifar10", max_train=200, max_eval=100)
    assert data.train.images.shape == (200, 32, 32, 3)
    assert len(set(data.train.labels)) == 10


def test_cifar10_in_the_form_of_its_original_batches():
    batches = load("cifar10", "cifar10/python-format-sample")
    assert sizes(batches) == (8, 2, 2)
    # neighbouring pixels of a photograph are alike, those of wrongly ordered bytes are not
    images = batches.train.images.astype(float)
    along, across = np.abs(np.diff(images, axis=2)).mean(), np.abs(np.diff(images, axis=1)).mean()
    shuffled = np.random.default_rng(0).permuted(images.reshape(len(images), -1), axis=1)
    assert max(along, across) < 0.5 * np.abs(np.diff(shuffled, axis=1)).mean()
