"""How many seeds would decide a contrast that is open.

A fitted model makes the contrast of each new seed a normal number, with the estimated effect as
its mean and a variance of seeds x (standard error of the contrast)^2: random intercepts that the
arms of a seed share cancel in it, those they do not share and the residual of each arm enter.
The power of both ways of deciding (an interval that excludes zero, or two one-sided tests that
lie within the margin) is simulated for studies of such seeds, analysed by the one-sample t that
decides. Mean and variance of a study's contrasts are sufficient, so it costs two numbers.
"""

from dataclasses import dataclass

import numpy as np
import scipy.stats

from biasinit.statistics.arrays import Floats
from biasinit.statistics.mixed_fit import Combination, MixedFit

MOST_SEEDS = 20_000  # beyond this the answer is "not by seeds"
FEWEST_SEEDS = 6  # the exact sign-flip test cannot reject at 5 % with fewer


@dataclass(frozen=True, kw_only=True)
class SeedsNeeded:
    """Seeds for the wanted power; NaN where no affordable number reaches it.

    ``difference`` shows an effect of the estimated size, ``equivalence`` shows that an effect of
    exactly zero lies within the margin, ``decision`` reaches either verdict if the estimate is
    the truth.
    """

    difference: float
    equivalence: float
    decision: float
    power: float


def seeds_needed(
    fit: MixedFit,
    combination: Combination,
    *,
    seeds: int,
    margin: float,
    comparisons: int = 1,
    alpha: float = 0.05,
    power: float = 0.8,
    draws: int = 2_000,
    rng: np.random.Generator,
) -> SeedsNeeded:
    """Return the seeds needed to decide one contrast within seeds, from a fitted model.

    Args:
        fit: of runs in which every seed has all arms of the contrast.
        combination: the contrast, as ``MixedFit.test`` takes it.
        seeds: number of seeds that the model was fitted to.
        margin: equivalence margin in the unit of the outcome, NaN for none.
        comparisons: contrasts of the family; each is planned at ``alpha / comparisons``.
        alpha: error rate of the family.
        power: wanted probability of a decision.
        draws: simulated studies.
        rng: the stream of the simulation.

    """
    contrast = fit.test(combination)
    return seeds_for_contrast(
        effect=contrast.estimate,
        deviation=contrast.standard_error * float(np.sqrt(seeds)),
        margin=margin,
        comparisons=comparisons,
        alpha=alpha,
        power=power,
        draws=draws,
        rng=rng,
    )


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
) -> SeedsNeeded:
    """Return the seeds needed to decide one contrast, from its mean and SD over seeds.

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
    normal = rng.standard_normal(draws)
    uniform = rng.uniform(size=draws)
    if not deviation > 0 or not np.isfinite(effect):
        nothing = float("nan")
        return SeedsNeeded(difference=nothing, equivalence=nothing, decision=nothing, power=power)
    level = alpha / max(comparisons, 1)

    def decided(seeds: int, truth: float, *, differ: bool, equivalent: bool) -> float:
        mean = truth + deviation / np.sqrt(seeds) * normal
        error = deviation * np.sqrt(scipy.stats.chi2.ppf(uniform, seeds - 1) / (seeds - 1) / seeds)
        hits: Floats = np.zeros(draws)
        if differ:
            hits += np.abs(mean) > error * scipy.stats.t.isf(level / 2, seeds - 1)
        if equivalent and margin > 0:
            hits += margin - np.abs(mean) > error * scipy.stats.t.isf(level, seeds - 1)
        return float((hits > 0).mean())

    def fewest(truth: float, *, differ: bool, equivalent: bool) -> float:
        low, high = FEWEST_SEEDS - 1, FEWEST_SEEDS
        while decided(high, truth, differ=differ, equivalent=equivalent) < power:
            low, high = high, high * 2
            if high > MOST_SEEDS:
                return float("nan")
        while high - low > 1:
            middle = (low + high) // 2
            if decided(middle, truth, differ=differ, equivalent=equivalent) < power:
                low = middle
            else:
                high = middle
        return float(high)

    return SeedsNeeded(
        difference=fewest(effect, differ=True, equivalent=False),
        equivalence=fewest(0.0, differ=False, equivalent=True) if margin > 0 else float("nan"),
        decision=fewest(effect, differ=True, equivalent=True),
        power=power,
    )
