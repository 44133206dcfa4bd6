"""``tune`` in a regime: a base and an outer fold of a brain dataset in, a version out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.brains.dataset import BrainDataset
from pipeline.config import AlignConfig, RegimeConfig
from pipeline.errors import Problem, TuningError, refuse
from pipeline.tracking.kept_bases import keep_base
from pipeline.tracking.registered import Registered
from pipeline.tracking.runs import visible_refusal, within_another_stage
from pipeline.tracking.stages.regimes.fold_places import fold_places
from pipeline.tracking.stages.regimes.inputs import RegimeRequest, regime_request, regime_stage
from pipeline.tracking.stages.regimes.records import log_regime
from pipeline.tracking.stages.tune.stage import tune_once
from pipeline.tuning.recorder import Recorder, Workspace
from pipeline.tuning.regimes import RegimeTuned, regime_problems, tune_regime


def run_regime(config: RegimeConfig, align: AlignConfig, brain: BrainDataset) -> list[Registered]:
    """Tune and register a version for every outer fold of an alignment, or find those made before.

    Parameters
    ----------
    config : RegimeConfig
    align : AlignConfig
        Whose folds they are.
    brain : BrainDataset
        That it names.

    Returns
    -------
    list of Registered
        In the order of folds; the one version of a control, which belongs to all of them.

    Raises
    ------
    PipelineError
        What does not fit together, before anything is trained; or training diverges.
    """
    with visible_refusal(regime_stage(config, align, -1)):
        requests = regime_requests(config, align, brain)
        refuse(request_problems(requests), TuningError)
    return [run_fold(request, align) for request in requests]


def regime_requests(
    config: RegimeConfig, align: AlignConfig, brain: BrainDataset
) -> list[RegimeRequest]:
    """Load what a base is tuned on in every outer fold; in the first alone where it is a control.

    Raises
    ------
    PipelineError
        What is not for one another, or keeps folds from being made.
    """
    requests = [regime_request(config, brain, place) for place in fold_places(align, brain)]
    return requests if requests[0].belongs else requests[:1]


def request_problems(requests: Sequence[RegimeRequest]) -> list[Problem]:
    """Find what keeps a method from a base and the stimuli of folds, each problem once."""
    problems = [p for request in requests for p in regime_problems(request.session)]
    return list({str(problem): problem for problem in problems}.values())


def regime_mark(request: RegimeRequest) -> str:
    """Fingerprint a tuning: settings, code, base, and the training stimuli of the fold.

    Nothing of held-out stimuli is in it: the same training fold has the same versions, whatever the
    responses to other stimuli are.
    """
    fold = f"{request.place.number} {request.place.digest}" if request.belongs else "all"
    return request.fingerprint(run_fold, fold=fold, name=request.name)


def run_fold(request: RegimeRequest, align: AlignConfig) -> Registered:
    """Tune and register the version of one outer fold, or find the one made before.

    Raises
    ------
    PipelineError
        When training diverges, or the base cannot be read.
    """
    fold = request.place.number if request.belongs else -1
    stage = replace(regime_stage(request.config, align, fold), fingerprint=regime_mark(request))

    def train(recorder: Recorder, place: Workspace) -> RegimeTuned | None:
        return tune_regime(request.session, recorder, place)

    def record(tuned: RegimeTuned, _: Workspace) -> None:
        log_regime(tuned, request, base_uri)

    with within_another_stage():
        base_uri = keep_base(request.base, request.base_folder)
        return tune_once(stage, request, request.name, train, record)
