"""Write minimal pairs of the simulated language, in BLiMP's form, a file a phenomenon.

::

    python -m studies.simulated_minimal_pairs studies/small/minimal_pairs

Three things that its sentences keep to: the order of subject and verb, which objects a verb takes,
and which preposition a place. Base models of the language know them; tuning may unlearn them.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pipeline.data.minimal_pairs import BAD, GOOD
from pipeline.worlds.language import sample_passages
from pipeline.worlds.lexicon import LEXICON, PREPOSITIONS, TOPICS
from pipeline.worlds.sentences import Sentence

N_PAIRS, SEED = 40, 90_000  # a seed of which neither tasks nor pretraining draw
Change = Callable[[Sentence, np.random.Generator], str]


def verb_before_subject(sentence: Sentence, _: np.random.Generator) -> str:
    """Swap subject and verb."""
    swapped = {sentence.agent: sentence.verb, sentence.verb: sentence.agent}
    return " ".join(swapped.get(word, word) for word in sentence.text.split())


def object_of_another_topic(sentence: Sentence, rng: np.random.Generator) -> str:
    """Put an object that the verb never takes."""
    others = [topic for topic in TOPICS if topic != sentence.topic]
    objects = LEXICON[others[rng.integers(len(others))]].objects
    return _replaced(sentence, sentence.object, objects[rng.integers(len(objects))])


def wrong_preposition(sentence: Sentence, rng: np.random.Generator) -> str:
    """Put a preposition that the place never takes; a sentence without a place stays as it is."""
    if not sentence.place:
        return sentence.text
    right = LEXICON[sentence.topic].prepositions[sentence.place]
    wrong = [word for word in PREPOSITIONS if word != right]
    return _replaced(sentence, right, wrong[rng.integers(len(wrong))])


CHANGES: dict[str, Change] = {
    "verb-before-subject": verb_before_subject,
    "object-of-another-topic": object_of_another_topic,
    "wrong-preposition": wrong_preposition,
}


def pairs_of(change: Change, count: int = N_PAIRS) -> list[dict[str, str]]:
    """Make pairs of one phenomenon, of sentences that it changes."""
    rng = np.random.default_rng(SEED)
    sentences = [s for passage in sample_passages(count, SEED) for s in passage.sentences]
    pairs = [{GOOD: sentence.text, BAD: change(sentence, rng)} for sentence in sentences]
    return [pair for pair in pairs if pair[GOOD] != pair[BAD]][:count]


def _replaced(sentence: Sentence, word: str, other: str) -> str:
    return " ".join(other if own == word else own for own in sentence.text.split())


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, change in CHANGES.items():
        lines = "".join(f"{json.dumps(pair)}\n" for pair in pairs_of(change))
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")


if __name__ == "__main__":
    main()
