"""Facts that a forecast is counted from: sizes of bases, tasks and brain datasets, and the room."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.words import Modality


@dataclass(frozen=True)
class FeatureFacts:
    """The size of a model's features.

    Parameters
    ----------
    layers : int
    width : int
        Of the widest layer.
    """

    layers: int
    width: int

    def bytes_of(self, n_stimuli: int) -> float:
        """Count the bytes of the features of so many stimuli, in float32."""
        return 4.0 * n_stimuli * self.layers * self.width


@dataclass(frozen=True)
class NetworkFacts:
    """The size of a transformer.

    Parameters
    ----------
    modality : 'text' or 'image'
    layers, width, inner : int
        Blocks, features, and hidden units of an MLP.
    vocabulary : int
        Tokens of a text model; 0 for pictures.
    room : int
        Positions that fit into it: of a text its context, of a picture its patches and one more.
    parameters : int
    """

    modality: Modality
    layers: int
    width: int
    inner: int
    vocabulary: int
    room: int
    parameters: int

    @property
    def features(self) -> FeatureFacts:
        """What it computes of a stimulus, the embedding among its layers."""
        return FeatureFacts(self.layers + 1, self.width)

    @property
    def block_parameters(self) -> int:
        """Weights of the blocks, which every position is multiplied by."""
        return self.layers * (4 * self.width**2 + 2 * self.width * self.inner)


@dataclass(frozen=True)
class TaskFacts:
    """The examples of a task.

    Parameters
    ----------
    n_train, n_validation, n_test : int
    source_tokens, target_tokens : float
        Of an example, on average, before anything is cut; 0 for pictures.
    longest_target : int
        Most tokens that a model writes; 0 where it writes none.
    outputs : int
        Of the head that it puts on a base; 0 where the base writes.
    similarity : bool
        Whether answers are compared by BERTScore.
    """

    n_train: int
    n_validation: int
    n_test: int
    source_tokens: float
    target_tokens: float
    longest_target: int
    outputs: int
    similarity: bool


@dataclass(frozen=True)
class SubjectFacts:
    """One subject of a brain dataset.

    Parameters
    ----------
    n_stimuli : int
        That it was shown.
    n_columns : int
        Voxels in its responses, in ROIs or not.
    voxels : tuple of int
        Of each ROI.
    n_presentations : int
        Values of a voxel that are held: more than ``n_stimuli`` where repeats are there.
    """

    n_stimuli: int
    n_columns: int
    voxels: tuple[int, ...]
    n_presentations: int

    @property
    def bytes_held(self) -> int:
        """Memory of its responses, in float32."""
        return 4 * self.n_columns * (self.n_stimuli + self.n_presentations)


@dataclass(frozen=True)
class BrainFacts:
    """A brain dataset.

    Parameters
    ----------
    modality : 'text' or 'image'
    n_stimuli, n_groups : int
        Stimuli, and the stimulus groups that they make up.
    stimulus_tokens : float
        Of a sentence, on average; 0 for pictures.
    subjects : tuple of SubjectFacts
    """

    modality: Modality
    n_stimuli: int
    n_groups: int
    stimulus_tokens: float
    subjects: tuple[SubjectFacts, ...]


@dataclass(frozen=True)
class Room:
    """What the machine has to give.

    Parameters
    ----------
    memory : float
        Bytes that are free.
    disk : float
        Bytes that are free where the store lies.
    """

    memory: float
    disk: float
