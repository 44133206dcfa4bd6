"""Predict the published mean response of the language network to each sentence.

For each of the 627 sentences of Pereira et al. (2018), de Varda et al. publish one real number: the
response of the left language network, averaged over its voxels and over subjects. Word statistics,
and the hidden states of a pretrained encoder, predict it here by ridge regression in folds that
keep passages whole::

    python -m studies.mean_language_response \
        --data ../shared/data/pereira2018 --weights ../shared/data/weights/all-MiniLM-L6-v2

About 20 seconds on two cores. To expect, with all-MiniLM-L6-v2: r = 0.37 from the number of words
alone, 0.45 from all word statistics, and from 0.49 (embeddings) up to 0.50 (layers 3 and 4), then
down to 0.32 (last layer) from the encoder; 95 % intervals are about 0.07 to either side.

One number a sentence is no pattern over voxels: ``align`` scores it by voxel r, and in decoding.
``--write FOLDER`` writes the responses as a brain dataset of the kind ``arrays``, which
``studies/mean-language-response.yaml`` aligns tuned models with.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FILE = "devarda_averaged/pereira_averaged_stimuli_order.csv"
ALPHAS = np.logspace(-1, 6, 15)
N_FOLDS = 10
N_BOOTSTRAPS = 1000


@dataclass(frozen=True)
class MeanResponses:
    """Sentences as presented, with the mean response to each.

    Parameters
    ----------
    sentences : tuple of str
    groups : ndarray of str, shape (n_sentences,)
        Passages of 4 in Experiment 2; whole topics in Experiment 3, whose passages no public list
        marks.
    values : ndarray of float64, shape (n_sentences,)
    """

    sentences: tuple[str, ...]
    groups: NDArray[np.str_]
    values: NDArray[np.float64]


def read_mean_responses(directory: Path) -> MeanResponses:
    """Read the published table, 384 sentences of Experiment 2 before 243 of Experiment 3."""
    table = pd.read_csv(directory / FILE)
    passages = [f"passage{row // 4:03d}" for row in range(len(table))]
    groups = np.where(table.experiment == 384, passages, "topic-" + table.category)
    return MeanResponses(
        tuple(table.sentence_as_presented), groups, table.lang_network_effect.to_numpy()
    )


def word_statistics(sentences: Sequence[str]) -> NDArray[np.float64]:
    """Count, for each sentence, words, letters a word, log frequency of its words, and commas.

    Frequencies are those in all the sentences together: no response takes part in them.

    Returns
    -------
    ndarray, shape (n_sentences, 4)
    """
    words = [re.findall(r"[a-z']+", sentence.lower()) for sentence in sentences]
    frequency = Counter(word for own in words for word in own)
    return np.array(
        [
            (len(own), np.mean([len(w) for w in own]), np.mean([np.log(frequency[w]) for w in own]),
             sentence.count(","))
            for own, sentence in zip(words, sentences, strict=True)
        ]
    )  # fmt: skip


def hidden_states(sentences: Sequence[str], weights: Path) -> list[NDArray[np.float32]]:
    """Average the hidden states of every layer over the tokens of each sentence.

    Parameters
    ----------
    sentences : sequence of str
    weights : Path
        Folder of a pretrained encoder with its tokenizer, as transformers saves them.

    Returns
    -------
    list of ndarray of float32, shape (n_sentences, n_features)
        Embeddings, then each layer.
    """
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(weights, local_files_only=True)
    model = AutoModel.from_pretrained(weights, local_files_only=True).eval()
    batches = []
    for start in range(0, len(sentences), 64):
        batch = tokenizer(list(sentences[start : start + 64]), padding=True, return_tensors="pt")
        with torch.inference_mode():
            layers = model(**batch, output_hidden_states=True).hidden_states
        real = batch["attention_mask"].unsqueeze(-1)
        batches.append([((x * real).sum(1) / real.sum(1)).numpy() for x in layers])
    return [np.concatenate(parts) for parts in zip(*batches, strict=True)]


def predicted(features: NDArray[np.floating], responses: MeanResponses) -> NDArray[np.float64]:
    """Predict each response by ridge from the other folds; alpha is chosen among them alone."""
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    predictions = np.empty_like(responses.values)
    folds = GroupKFold(N_FOLDS, shuffle=True, random_state=0)
    for train, test in folds.split(features, groups=responses.groups):
        model = make_pipeline(StandardScaler(), RidgeCV(ALPHAS))
        model.fit(features[train], responses.values[train])
        predictions[test] = model.predict(features[test])
    return predictions


def correlation(
    predictions: NDArray[np.float64], responses: MeanResponses
) -> tuple[float, tuple[float, float]]:
    """Correlate predictions with responses; 95 % interval by resampling whole groups."""
    rng = np.random.default_rng(0)
    members = [np.flatnonzero(responses.groups == group) for group in np.unique(responses.groups)]
    resampled = []
    for _ in range(N_BOOTSTRAPS):
        drawn = rng.integers(0, len(members), len(members))
        rows = np.concatenate([members[group] for group in drawn])
        resampled.append(np.corrcoef(predictions[rows], responses.values[rows])[0, 1])
    low, high = np.quantile(resampled, (0.025, 0.975))
    return float(np.corrcoef(predictions, responses.values)[0, 1]), (float(low), float(high))


def all_features(
    responses: MeanResponses, weights: Path | None
) -> Iterator[tuple[str, NDArray[np.floating]]]:
    """Name and compute what is tried, from the least to the most."""
    statistics = word_statistics(responses.sentences)
    yield "number of words", statistics[:, :1]
    yield "word statistics", statistics
    if weights is not None:
        for number, layer in enumerate(hidden_states(responses.sentences, weights)):
            yield f"layer {number}" if number else "embeddings", layer


def write_arrays(responses: MeanResponses, folder: Path) -> None:
    """Write the responses as brain ``arrays``: one subject, ``mean``, with an ROI of one voxel."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "stimuli.csv").open("w", encoding="utf-8", newline="") as file:
        rows = zip(responses.sentences, responses.groups, strict=True)
        csv.writer(file).writerows([("text", "group"), *rows])
    arrays = {"responses": responses.values[:, None], "roi/language": np.array([0])}
    np.savez(folder / "mean.npz", **arrays)  # type: ignore[arg-type]


def main() -> None:
    """Print the correlation of predicted and published responses for each kind of features."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help=f"folder that holds {FILE}")
    parser.add_argument("--weights", type=Path, help="folder of a pretrained encoder")
    parser.add_argument("--write", type=Path, help="write brain `arrays` into this folder instead")
    arguments = parser.parse_args()
    responses = read_mean_responses(arguments.data)
    if arguments.write:
        write_arrays(responses, arguments.write)
        return
    n_groups = len(np.unique(responses.groups))
    print(
        f"{len(responses.values)} sentences in {n_groups} groups, {N_FOLDS} folds of whole groups"
    )
    print(f"{'features':<18}{'width':>6}      r   95 %")
    for name, features in all_features(responses, arguments.weights):
        r, (low, high) = correlation(predicted(features, responses), responses)
        print(f"{name:<18}{features.shape[1]:>6}  {r:.3f}   {low:.3f} to {high:.3f}")


if __name__ == "__main__":
    import pipeline  # noqa: F401  (lets transformers import beside a CPU build of torch)

    main()
