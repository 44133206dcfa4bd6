"""A mean difference with its interval: subjects, stimulus groups and trainings all vary.

Subjects share stimuli and models, so the variance of a mean over subjects is more than that between
subjects by their number. With pseudo-values crossed by subject and stimulus group,

    V = V_subject + 4/3 V_group - V_both + V_training,

each the variance of the mean that the factor alone would leave, V_both that of the interaction
which the first two both hold; V is never less than the larger of the first two, plus the last. A
single subject, or training, leaves no variance: then the difference is of that one alone.
Of pairs of test groups the jackknife alone would be too large, if anything (Efron and Stein 1981).
But a group is trained on too, in every fold but its own, which the deletion of its test pairs does
not see: n_test / n_train is added to its variance, as Nadeau and Bengio (2003) add it for training
sets that splits share; twice as much of a single subject, as no other one shows what its noise does
to training; and 2 where versions were tuned on the training stimuli of a fold, on which all that
they are then depends. Degrees of freedom are Satterthwaite's. The factors were chosen on simulated
studies and held on others; how far all this holds is calibrated by simulation: see
``docs/evidence.md``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.stats import t

from pipeline.alignment.contrasts.components import parts_of, variance_of
from pipeline.alignment.contrasts.paired import Paired
from pipeline.alignment.contrasts.stretch import stretch

#: With which probability a difference of ``visible_from`` is found.
POWER = 0.8
#: n_test / n_train of the four folds that were simulated; with more folds it is more than enough.
TRAINED_ON = 1 / 3
#: The same where there is one subject, chosen on other simulated studies likewise.
TRAINED_ON_BY_ONE = 2 / 3
#: The same where versions were tuned on the training stimuli of a fold, chosen likewise.
TUNED_ON = 2.0


@dataclass(frozen=True)
class Estimate:
    """A mean difference over subjects, new stimulus groups and trainings, and its uncertainty.

    Parameters
    ----------
    difference : float
    variance : float
        Of the difference; NaN with a single group.
    freedom : float
        Degrees of freedom of the variance.
    n_subjects, n_groups, n_seeds : int
    stretch : float
        By what a t interval of this variance is multiplied.
    """

    difference: float
    variance: float
    freedom: float
    n_subjects: int
    n_groups: int
    n_seeds: int
    stretch: float = 1.0

    @property
    def error(self) -> float:
        """Standard error, as a multiple of which t gives the interval."""
        return math.sqrt(self.variance) * self.stretch

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Give the lower and upper end of the confidence interval."""
        reach = float(t.ppf(0.5 + level / 2, self.freedom)) * self.error
        return self.difference - reach, self.difference + reach

    def p(self) -> float:
        """Test against no difference, two-sided."""
        return float(2 * t.sf(abs(self.difference) / self.error, self.freedom))

    def least_margin(self) -> float:
        """Give the least margin within which the two are equivalent at the 5 % level.

        The 90 % interval lies within ± this margin: two one-sided tests at 5 % each.
        """
        low, high = self.interval(0.9)
        return max(-low, high)

    def visible_from(self) -> float:
        """Give the difference that would be found with a probability of :data:`POWER`."""
        quantiles = t.ppf([0.975, POWER], self.freedom)
        return float(quantiles.sum()) * self.error


def estimate(paired: Paired) -> Estimate:
    """Estimate a contrast from differences and the influence of groups on them.

    Returns
    -------
    Estimate
        Its variance leaves trainings out where there is one: then the difference is between
        these tuned versions; and subjects where there is one: then it is this subject's.
    """
    parts = parts_of(paired, trained_on(paired))
    variance = float(variance_of(*(part.variance for part in parts)))
    spread = sum(part.variance**2 / part.freedom for part in parts if part.variance > 0)
    freedom = variance**2 / spread if spread > 0 else math.nan
    n_seeds, n_subjects = paired.difference.shape
    return Estimate(
        float(paired.difference.mean()),
        variance,
        freedom,
        n_subjects,
        len(paired.groups),
        n_seeds,
        stretch(parts, freedom) if n_subjects > 1 else 1.0,
    )


def trained_on(paired: Paired) -> float:
    """Give what training adds to the variance of groups, as a share of it."""
    if paired.tuned_in_folds:
        return TUNED_ON
    return TRAINED_ON if len(paired.subjects) > 1 else TRAINED_ON_BY_ONE
