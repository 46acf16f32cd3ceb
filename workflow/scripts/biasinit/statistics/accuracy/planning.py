"""How many seeds would decide a contrast that is open.

A fitted model makes the contrast of each new seed a normal number, with the estimated effect as
its mean and a variance of seeds x (standard error of the contrast)^2: random intercepts that the
arms of a seed share cancel in it, those they do not share and the residual of each arm enter.
The power of both ways of deciding (an interval that excludes zero, or two one-sided tests that
lie within the margin) is simulated for studies of such seeds, analysed by the one-sample t that
decides. Mean and variance of a study's contrasts are sufficient, so it costs two numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.stats

from biasinit.statistics.inference.arrays import Floats
from biasinit.streams import Purpose, stream

MOST_SEEDS = 20_000  # beyond this the answer is "not by seeds"
FEWEST_SEEDS = 6  # the exact sign-flip test cannot reject at 5 % with fewer
PLANNED_POWER = 0.8  # wanted probability of a decision, Cohen's convention
PLANNED_STUDIES = 2_000  # simulated for each number of seeds; 0.9 % standard error at 80 %


def seeds_for_contrast(
    *,
    effect: float,
    deviation: float,
    margin: float,
    comparisons: int,
    alpha: float,
    power: float,
    draws: int,
    rng: np.random.Generator,
) -> float:
    """Return the seeds with which a contrast is decided either way, if the estimate is the truth.

    NaN where no affordable number reaches the wanted power.

    Args:
        effect: estimated contrast.
        deviation: standard deviation of the per-seed contrasts, in the same unit.
        margin: equivalence margin, NaN for none.
        comparisons: contrasts of the family; each is planned at ``alpha / comparisons``.
        alpha: error rate of the family.
        power: wanted probability of a decision, such as 0.8.
        draws: simulated studies.
        rng: the stream of the simulation.

    """
    studies = _studies(draws, rng)
    if not deviation > 0 or not np.isfinite(effect):
        return float("nan")
    level = alpha / max(comparisons, 1)

    def enough(seeds: int) -> bool:
        return studies.decided(seeds, effect, deviation, level, margin) >= power

    low, high = FEWEST_SEEDS - 1, FEWEST_SEEDS
    while not enough(high):
        low, high = high, high * 2
        if high > MOST_SEEDS:
            return float("nan")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return float(high)


def planned_seeds(
    names: Sequence[str],
    *,
    effect: float,
    deviation: float,
    margin: float,
    comparisons: int,
    alpha: float,
    analysis_seed: int,
    deviation_df: float,
    usable_share: float,
) -> "SeedsNeeded":
    """Return the seeds that a report recommends for the contrast that ``names`` label.

    ``seeds_for_contrast`` at the planned power, with the contrast's own stream.
    """
    found = seeds_for_contrast(
        effect=effect,
        deviation=deviation,
        margin=margin,
        comparisons=comparisons,
        alpha=alpha,
        power=PLANNED_POWER,
        draws=PLANNED_STUDIES,
        rng=planning_stream(analysis_seed, *names),
    )
    return SeedsNeeded(seeds=found, low=found, high=found)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedsNeeded:
    """Seeds needed."""

    seeds: float
    low: float
    high: float


def decision_power(
    seeds: Sequence[int],
    *,
    effect: float,
    deviation: float,
    margin: float,
    comparisons: int,
    alpha: float,
    draws: int,
    rng: np.random.Generator,
) -> Floats:
    """Return the probability of either verdict for each number of seeds, shape (numbers,).

    The curve behind ``seeds_for_contrast``: with the same stream it passes the wanted power at
    that number. Arguments as there; NaN where nothing can be planned.
    """
    studies = _studies(draws, rng)
    if not deviation > 0 or not np.isfinite(effect):
        return np.full(len(seeds), np.nan)
    level = alpha / max(comparisons, 1)
    return np.array([studies.decided(number, effect, deviation, level, margin) for number in seeds])


def contrast_deviation(row: Mapping[str, float], seeds: int) -> float:
    """Return the SD over seeds of a contrast, from a row of `accuracy_contrasts`.

    The mixed model's standard error has more degrees of freedom than the scatter of this one
    contrast, which stands in for it where there is none.
    """
    modelled, scatter = row["mixed_standard_error"], row["standard_error"]
    error = modelled if np.isfinite(modelled) and modelled > 0 else scatter
    return error * float(np.sqrt(seeds))


def planning_stream(analysis_seed: int, *names: str) -> np.random.Generator:
    """Return the stream of simulated studies for one contrast, named by its labels."""
    name = f"seeds needed, {', '.join(names)}"
    return stream(analysis_seed, 0, Purpose.ANALYSIS, name=name)


@dataclass(frozen=True, kw_only=True)
class _Studies:
    """What fixes the mean and the variance of each simulated study, (draws,) each."""

    normal: Floats
    uniform: Floats

    def decided(
        self, seeds: int, truth: float, deviation: float, level: float, margin: float
    ) -> float:
        """Return the share of studies that reach a verdict; no equivalence without a margin."""
        mean = truth + deviation / np.sqrt(seeds) * self.normal
        scatter = scipy.stats.chi2.ppf(self.uniform, seeds - 1) / (seeds - 1)
        error = deviation * np.sqrt(scatter / seeds)
        hits = np.abs(mean) > error * scipy.stats.t.isf(level / 2, seeds - 1)
        if margin > 0:
            hits |= margin - np.abs(mean) > error * scipy.stats.t.isf(level, seeds - 1)
        return float(hits.mean())


def _studies(draws: int, rng: np.random.Generator) -> _Studies:
    normal = rng.standard_normal(draws)
    return _Studies(normal=normal, uniform=rng.uniform(size=draws))
