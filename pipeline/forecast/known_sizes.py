"""Sizes as published of what is often not at hand yet: a forecast can be made before it is."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.config import TaskConfig
from pipeline.data.task import Task
from pipeline.forecast.facts import BrainFacts, NetworkFacts, SubjectFacts, TaskFacts

_CODE_T5 = NetworkFacts("text", 24, 768, 3072, 32_100, 512, 222_882_048)

#: By repository of the hub.
NETWORKS: dict[str, NetworkFacts] = {
    "openai-community/gpt2": NetworkFacts("text", 12, 768, 3072, 50_257, 1024, 124_439_808),
    "google-bert/bert-base-uncased": NetworkFacts("text", 12, 768, 3072, 30_522, 512, 109_514_298),
    "microsoft/codebert-base": NetworkFacts("text", 12, 768, 3072, 50_265, 514, 124_697_433),
    "Salesforce/codet5-base": _CODE_T5,
    "roberta-large": NetworkFacts("text", 24, 1024, 4096, 50_265, 514, 355_412_057),
    "timm/vit_base_patch16_224.augreg_in21k_ft_in1k": NetworkFacts(
        "image", 12, 768, 3072, 0, 197, 86_567_656
    ),
}

#: Tokens of a sentence of Pereira et al. (2018), on average.
_SENTENCE = 14.0


def _subjects(n_stimuli: int, voxels: Sequence[tuple[int, ...]]) -> tuple[SubjectFacts, ...]:
    return tuple(SubjectFacts(n_stimuli, sum(rois), rois, 0) for rois in voxels)


#: Voxels of language, visual, DMN and task networks, of five participants of ten: the others have
#: about as many.
_PEREIRA = [
    (11_437, 12_829, 17_190, 35_120),
    (10_791, 11_729, 15_070, 30_594),
    (11_307, 12_278, 18_011, 34_024),
    (10_630, 12_454, 17_020, 30_408),
    (11_456, 12_383, 15_995, 31_610),
]
#: Voxels of PPA, LOC, EarlyVis, OPA and RSC, both hemispheres, of the four participants.
_BOLD5000 = [
    (331, 342, 495, 288, 229),
    (370, 888, 495, 180, 337),
    (273, 1027, 1218, 392, 194),
    (344, 872, 764, 614, 193),
]

BRAINS: dict[str, BrainFacts] = {
    "pereira2018-384": BrainFacts("text", 384, 96, _SENTENCE, _subjects(384, 2 * _PEREIRA)),
    "pereira2018-243": BrainFacts("text", 243, 72, _SENTENCE, _subjects(243, 2 * _PEREIRA)),
    "coursework-sentences": BrainFacts("text", 627, 168, _SENTENCE, _subjects(627, _PEREIRA[:2])),
    "bold5000": BrainFacts("image", 4916, 4916, 0.0, _subjects(4916, _BOLD5000)),
    "digit69": BrainFacts("image", 100, 100, 0.0, _subjects(100, [(3092,)])),
}


def largest_task(config: TaskConfig, task: Task) -> TaskFacts:
    """Take a task that is not at hand for as large as its settings allow, with long sources."""
    writes = task.max_target_tokens > 0
    return TaskFacts(
        n_train=config.shots or config.max_train,
        n_validation=config.max_eval,
        n_test=config.max_eval,
        source_tokens=0.0 if task.modality == "image" else LONG,
        target_tokens=task.max_target_tokens / 2,
        longest_target=task.max_target_tokens,
        outputs=0 if writes else len(task.classes) or 2,
        similarity=any(score.startswith("bertscore_") for score in task.scores),
    )


LONG = 256.0  # tokens of a source that nobody has read yet
