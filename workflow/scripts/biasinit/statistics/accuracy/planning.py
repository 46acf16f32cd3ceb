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
import pandas as pd
import scipy.stats

from biasinit.statistics.inference.arrays import Floats, Integers
from biasinit.streams import Purpose, stream

MOST_SEEDS = 20_000  # beyond this the answer is "not by seeds"
FEWEST_SEEDS = 6  # the exact sign-flip test cannot reject at 5 % with fewer
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

    """

    effect: float
    deviation: float
    deviation_df: float
    margin: float
    critical: float

    @property
    def is_testable(self) -> bool:
        """Whether there is anything to plan with."""
        return bool(np.isfinite(self.effect) and self.deviation > 0 and self.deviation_df > 0)


@dataclass(frozen=True, kw_only=True, eq=False)
class PlannedFamily:
    """The contrasts that are decided together, and simulated studies of them.

    ``normal`` and ``scatter`` are standard normal numbers (studies, contrasts) that fix the mean
    and the variance of each contrast in each study, whatever the number of seeds.
    """

    contrasts: tuple[PlannedContrast, ...]
    alpha: float
    normal: Floats
    scatter: Floats
    _closeness: dict[int, Floats] = field(default_factory=dict, repr=False)

    def power(self, place: int, seeds: int, *, deviation: float | None = None) -> float:
        """Return the probability of either verdict on a contrast with so many seeds.

        Args:
            place: of the contrast in the family.
            seeds: that all contrasts of the study use.
            deviation: another SD of the contrast than the estimated one.

        """
        contrast = self.contrasts[place]
        if not contrast.is_testable:
            return float("nan")
        mean, error = self._studies(place, seeds, deviation or contrast.deviation)
        df = seeds - 1
        hits = np.abs(mean) > error * scipy.stats.t.isf(self._level(contrast) / 2, df)
        if contrast.margin > 0:
            closeness = (contrast.margin - np.abs(mean)) / error
            limits = self._holm_limits(df)
            if (closeness > limits[-1]).any():
                hits |= closeness > limits[self._shown_before(place, seeds, limits)]
        return float(hits.mean())

    def needed(self, place: int, *, deviation: float | None = None) -> float:
        """Return the fewest seeds with the wanted power; NaN where no affordable number has it."""

        def enough(seeds: int) -> bool:
            return self.power(place, seeds, deviation=deviation) >= PLANNED_POWER

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

    def _studies(self, place: int, seeds: int, deviation: float) -> tuple[Floats, Floats]:
        """Return the mean and the standard error of a contrast in each study, (studies,) each."""
        df = seeds - 1
        # Wilson and Hilferty's cube: exact quantiles take most of the time of a large family
        spread = 2 / (9 * df)
        variance = np.maximum(1 - spread + np.sqrt(spread) * self.scatter[:, place], 0.01) ** 3
        mean = self.contrasts[place].effect + deviation / np.sqrt(seeds) * self.normal[:, place]
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
                [self._closeness_of(item, seeds) for item in self._with_margin()]
            )
        others = np.delete(self._closeness[seeds], self._with_margin().index(place), axis=1)
        passed = -np.sort(-others, axis=1) > limits[:-1]
        return np.asarray(np.logical_and.accumulate(passed, axis=1).sum(axis=1))

    def _closeness_of(self, place: int, seeds: int) -> Floats:
        contrast = self.contrasts[place]
        mean, error = self._studies(place, seeds, contrast.deviation)
        return np.asarray((contrast.margin - np.abs(mean)) / error)

    def _with_margin(self) -> list[int]:
        return [
            place
            for place, item in enumerate(self.contrasts)
            if item.is_testable and item.margin > 0
        ]


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
    shape = (PLANNED_STUDIES, len(contrasts))
    shared, own = rng.standard_normal((PLANNED_STUDIES, 1)), rng.standard_normal(shape)
    return PlannedFamily(
        contrasts=tuple(contrasts),
        alpha=alpha,
        normal=np.sqrt(CORRELATION) * shared + np.sqrt(1 - CORRELATION) * own,
        scatter=rng.standard_normal(shape),
    )


def contrasts_to_plan(rows: pd.DataFrame) -> list[PlannedContrast]:
    """Return what planning uses of rows of contrasts in points.

    Args:
        rows: ``estimate, standard_error, df, seeds, margin, simultaneous_upper``.

    """
    errors = rows["standard_error"].to_numpy(dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        critical = (rows["simultaneous_upper"] - rows["estimate"]).to_numpy(dtype=float) / errors
    deviations = errors * np.sqrt(rows["seeds"].to_numpy(dtype=float))
    return [
        PlannedContrast(
            effect=effect, deviation=deviation, deviation_df=df, margin=margin, critical=limit
        )
        for effect, deviation, df, margin, limit in zip(
            rows["estimate"].astype(float),
            deviations.tolist(),
            rows["df"].astype(float),
            rows["margin"].astype(float),
            critical.tolist(),
            strict=True,
        )
    ]


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
        family.needed(place, deviation=contrast.deviation * float(np.sqrt(df / quantile)))
        for quantile in scipy.stats.chi2.isf([tail, 1 - tail], df)
    )
    run = [float(np.ceil(round(number / usable_share, 6))) for number in (seeds, low, high)]
    return SeedsNeeded(seeds=run[0], low=run[1], high=run[2])
