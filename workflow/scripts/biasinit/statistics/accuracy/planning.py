"""How many seeds a study must run to decide a contrast that is open.

The contrast of each new seed is a normal number, with the estimated effect as its mean (it is
taken as it was estimated) and the SD of the per-seed contrasts. Whole families of studies are
simulated by mean and variance, which are sufficient, and decided as verdicts are: an interval
that excludes no effect, at the critical |t| that the family was found to ask for, carried over to
other degrees of freedom by its tail probability; or two one-sided tests after Holm, where the
other contrasts of the family are simulated too, because each of them that is shown equivalent
leaves more of alpha to the rest. At alpha / contrasts instead, studies of the recommended size
had a power of .82 to .86 for a difference and .95 to .98 for equivalence in place of .8 (families
of 12 and 24, docs/statistics.md). Contrasts correlate by .5, as those of equally noisy schemes
with one reference do; near a power of .8 the choice of 0, .25 or .5 moves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.stats

from biasinit.statistics.inference.arrays import Floats, Integers
from biasinit.statistics.paired.contrast_tests import FEWEST_SEEDS
from biasinit.streams import Purpose, stream

MOST_SEEDS = 20_000  # beyond this the answer is "not by seeds"
PLANNED_POWER = 0.8  # wanted probability of a decision, Cohen's convention
PLANNED_STUDIES = 2_000  # simulated for each number of seeds; 0.9 % standard error at 80 %
RANGE = 0.8  # coverage of the range of the seeds needed
CORRELATION = 0.5  # of contrasts with one reference


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedsNeeded:
    """Seeds that a study must run, and the range that their SD leaves them, 80 %.

    NaN where no affordable number has the wanted power.
    """

    seeds: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedContrast:
    """One contrast as it was estimated, on a scale on which seeds are normal numbers.

    Attributes:
        effect: estimated contrast.
        deviation: SD of the per-seed contrasts.
        deviation_df: degrees of freedom of that SD.
        margin: of equivalence around 0, NaN for none.
        critical: the |t| that its family asks for with so many degrees of freedom; NaN or infinite
            where none is known.
        conditions: of a mean over several, each of them, because a mean is shown to be equivalent
            where each of them is; they need no ``critical``.

    """

    effect: float
    deviation: float
    deviation_df: float
    margin: float
    critical: float
    conditions: tuple["PlannedContrast", ...] = ()

    @property
    def has_margin(self) -> bool:
        """Whether it can be shown to be equivalent."""
        parts = self.conditions or (self,)
        return self.is_testable and all(part.is_testable and part.margin > 0 for part in parts)

    @property
    def is_testable(self) -> bool:
        """Whether there is anything to plan with."""
        return bool(np.isfinite(self.effect) and self.deviation > 0 and self.deviation_df > 0)


@dataclass(frozen=True, kw_only=True, eq=False)
class PlannedFamily:
    """The contrasts that are decided together, and simulated studies of them.

    ``normal`` and ``scatter`` are standard normal numbers that fix the mean and the variance of
    each contrast in each study, whatever the number of seeds: (studies, contrasts), then a column
    for each of their conditions.
    """

    contrasts: tuple[PlannedContrast, ...]
    alpha: float
    normal: Floats
    scatter: Floats
    _closeness: dict[int, Floats] = field(default_factory=dict, repr=False)

    def power(self, place: int, seeds: int, *, inflation: float = 1.0) -> float:
        """Return the probability of either verdict on a contrast with so many seeds.

        Args:
            place: of the contrast in the family.
            seeds: that all contrasts of the study use.
            inflation: its SD, in units of the estimated one.

        """
        contrast = self.contrasts[place]
        if not contrast.is_testable:
            return float("nan")
        mean, error = self._studies(contrast, place, seeds, inflation)
        df = seeds - 1
        hits = np.abs(mean) > error * scipy.stats.t.isf(self._level(contrast) / 2, df)
        if contrast.has_margin:
            closeness = self._closeness_of(place, seeds, inflation)
            limits = self._holm_limits(df)
            if (closeness > limits[-1]).any():
                hits |= closeness > limits[self._shown_before(place, seeds, limits)]
        return float(hits.mean())

    def needed(self, place: int, *, inflation: float = 1.0) -> float:
        """Return the fewest seeds with the wanted power; NaN where no affordable number has it."""

        def enough(seeds: int) -> bool:
            return self.power(place, seeds, inflation=inflation) >= PLANNED_POWER

        if not self.contrasts[place].is_testable:
            return float("nan")
        low, high = FEWEST_SEEDS - 1, FEWEST_SEEDS
        while not enough(high):
            low, high = high, high * 2
            if high > MOST_SEEDS:
                return float("nan")
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if enough(middle) else (middle, high)
        return float(high)

    def _level(self, contrast: PlannedContrast) -> float:
        """Return the tail probability that the family leaves to a difference.

        At least Bonferroni's: the critical |t| of few seeds is coarse, and infinite for fewest.
        """
        least = self.alpha / max(sum(item.is_testable for item in self.contrasts), 1)
        found = 2 * scipy.stats.t.sf(contrast.critical, contrast.deviation_df)
        return float(np.clip(found, least, self.alpha)) if np.isfinite(found) else least

    def _studies(
        self, contrast: PlannedContrast, column: int, seeds: int, inflation: float
    ) -> tuple[Floats, Floats]:
        """Return the mean and the standard error of a contrast in each study, (studies,) each."""
        df = seeds - 1
        # Wilson and Hilferty's cube: exact quantiles take most of the time of a large family
        spread = 2 / (9 * df)
        variance = np.maximum(1 - spread + np.sqrt(spread) * self.scatter[:, column], 0.01) ** 3
        deviation = inflation * contrast.deviation
        mean = contrast.effect + deviation / np.sqrt(seeds) * self.normal[:, column]
        return mean, deviation * np.sqrt(variance / seeds)

    def _holm_limits(self, df: int) -> Floats:
        """Return the t that is asked for when 0, 1, .. others were shown to be equivalent."""
        count = len(self._with_margin())
        return np.asarray(scipy.stats.t.isf(self.alpha / np.arange(count, 0, -1), df))

    def _shown_before(self, place: int, seeds: int, limits: Floats) -> Integers:
        """Return how many other contrasts Holm shows to be equivalent, as if without this one.

        By the order of their t, as all have the same degrees of freedom, (studies,). A contrast is
        shown to be equivalent by Holm exactly when its t exceeds the limit after so many others.
        """
        if seeds not in self._closeness:
            self._closeness[seeds] = np.column_stack(
                [self._closeness_of(item, seeds, 1.0) for item in self._with_margin()]
            )
        others = np.delete(self._closeness[seeds], self._with_margin().index(place), axis=1)
        passed = -np.sort(-others, axis=1) > limits[:-1]
        return np.asarray(np.logical_and.accumulate(passed, axis=1).sum(axis=1))

    def _closeness_of(self, place: int, seeds: int, inflation: float) -> Floats:
        """Return the t against the nearer end of the margin, the least of the conditions'."""
        contrast = self.contrasts[place]
        parts = [(contrast, place)]
        if contrast.conditions:
            before = sum(len(item.conditions) for item in self.contrasts[:place])
            first = len(self.contrasts) + before
            parts = [(part, first + number) for number, part in enumerate(contrast.conditions)]
        least: Floats = np.full(len(self.normal), np.inf)
        for part, column in parts:
            mean, error = self._studies(part, column, seeds, inflation)
            least = np.minimum(least, (part.margin - np.abs(mean)) / error)
        return least

    def _with_margin(self) -> list[int]:
        return [place for place, item in enumerate(self.contrasts) if item.has_margin]


def planned_family(
    contrasts: Sequence[PlannedContrast], *, alpha: float, analysis_seed: int, name: str
) -> PlannedFamily:
    """Return a family with the studies that its seeds needed and its power are simulated by.

    Args:
        contrasts: all that are decided together.
        alpha: error rate of the family.
        analysis_seed: keys the simulation, together with the name.
        name: of the family.

    """
    rng = stream(analysis_seed, 0, Purpose.ANALYSIS, name=f"seeds needed, {name}")
    shape = (PLANNED_STUDIES, len(contrasts) + sum(len(item.conditions) for item in contrasts))
    shared, own = rng.standard_normal((PLANNED_STUDIES, 1)), rng.standard_normal(shape)
    return PlannedFamily(
        contrasts=tuple(contrasts),
        alpha=alpha,
        normal=np.sqrt(CORRELATION) * shared + np.sqrt(1 - CORRELATION) * own,
        scatter=rng.standard_normal(shape),
    )


def planned_seeds(family: PlannedFamily, place: int, *, usable_share: float) -> SeedsNeeded:
    """Return the seeds that a study must run to decide a contrast, if the estimate is the truth.

    Args:
        family: of the contrast.
        place: of the contrast in its family.
        usable_share: share of the seeds run whose runs the contrast can use.

    """
    contrast = family.contrasts[place]
    seeds = family.needed(place)
    if not (np.isfinite(seeds) and usable_share > 0):
        return SeedsNeeded(seeds=float("nan"), low=float("nan"), high=float("nan"))
    df, tail = contrast.deviation_df, (1 - RANGE) / 2
    low, high = (
        family.needed(place, inflation=float(np.sqrt(df / quantile)))
        for quantile in scipy.stats.chi2.isf([tail, 1 - tail], df)
    )
    run = [float(np.ceil(round(number / usable_share, 6))) for number in (seeds, low, high)]
    return SeedsNeeded(seeds=run[0], low=run[1], high=run[2])
