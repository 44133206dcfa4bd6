"""The field's fixed words, as types: each is written here and nowhere else.

Only ``pipeline.models.travelling``, which must work where the project is not installed, repeats
those it needs.
"""

from __future__ import annotations

from typing import Final, Literal

Modality = Literal["text", "image"]

#: What stands in the place of a task where a base was not tuned on any.
NO_TASK: Final = "none"
#: What stands in the place of a base where models that were not tuned are compared.
AS_THEY_ARE: Final = "models as they are"
#: Family of the contrasts between such models.
BETWEEN_MODELS: Final = "between models"

Pooling = Literal["mean", "last", "class"]
#: The poolings of a modality; a decoder of text has no class token.
POOLINGS: Final[dict[str, tuple[Pooling, ...]]] = {
    "text": ("mean", "last", "class"),
    "image": ("mean", "class"),
}

#: What a sentence is read behind.
StimulusContext = Literal["alone", "passage"]
#: Whether a mean over tokens is over the positions of a prompt, too.
PromptPositions = Literal["out", "in"]
Split = Literal["grouped", "shuffled", "contiguous", "leave-one-group-out"]
Precision = Literal["float32", "bfloat16", "float16"]
Similarity = Literal["pearson", "cosine"]
Objective = Literal["two_vs_two", "correlation"]
Direction = Literal["encoding", "decoding"]
DIRECTIONS: Final[tuple[Direction, ...]] = ("encoding", "decoding")

#: What responses are predicted from: a model, nuisance features, or a layer beside all of them.
MODEL: Final = "model"
NUISANCE: Final = "nuisance"
BOTH: Final = "both"

#: Kinds of nuisance features that are controls by themselves too: a model has to do better.
PIXELS: Final = "pixels"
WORD_FREQUENCY: Final = "word-frequency"
#: A control only: what sentences are about is in it, so models are not scored beyond it.
BAG_OF_WORDS: Final = "bag-of-words"
FEATURE_CONTROLS: Final = (NUISANCE, PIXELS, WORD_FREQUENCY, BAG_OF_WORDS)

#: What a base is tuned on: the examples of a task, the stimuli of a brain dataset, the responses
#: to them, or both of these.
Regime = Literal["task", "stimulus", "brain", "joint"]
#: The regimes that stand in the place of a task: one version for each outer fold.
ON_STIMULI: Final[tuple[Regime, ...]] = ("stimulus", "brain", "joint")
#: Those of them that see responses.
ON_RESPONSES: Final[tuple[Regime, ...]] = ("brain", "joint")

#: Stands in a contrast for every method that trains prompts only.
PROMPTS: Final = "prompts"

#: Settings of tune along which a study can tune and align anew.
CurveSetting = Literal["prompt_length", "max_train", "shots"]
#: Along what versions lie: weights from a base to full, a training, or values of a setting.
PathKind = Literal["alpha", "step"] | CurveSetting

#: Kinds of ceiling.
SPLIT_HALF: Final = "split-half"
ACROSS_SUBJECTS: Final = "across-subjects"
EXTRAPOLATED: Final = "extrapolated"
SIGNAL: Final = "signal"

#: Where ``make ui`` serves.
UI_PORT: Final = 5000
