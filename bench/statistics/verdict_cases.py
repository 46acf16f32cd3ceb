"""The cases of ``verdict_simulation.py``: each makes one table of runs and counts what it says.

Every case is a function from the number of a table to counts. A quantity that is counted per table
has the tables as its total, any other one its own total, ``TOTAL`` and its name.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from contradictions import contradictions
from simulated_studies import (
    ALPHA,
    MARGIN,
    RESAMPLES,
    SPEED_MARGIN,
    accuracy_contrasts,
    cell_name,
    judged,
    runs_table,
    speed_contrasts,
)

from biasinit.statistics.accuracy.contrasts_to_plan import places_to_plan
from biasinit.statistics.accuracy.planning import planned_seeds
from biasinit.statistics.inference.arrays import Booleans, Floats
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.paired.arms import (
    BOTH_CAME_THROUGH,
    ArmDifferences,
    cell_column,
    crossed_differences,
    with_mean_over_cells,
)
from biasinit.statistics.paired.homogeneity import homogeneity_p
from biasinit.statistics.paired.seed_tests import family_table
from biasinit.verdicts import Outcome, Verdict
from biasinit.vocabulary import ALL_CELLS, WITHOUT_AND_WITH

Counts = Counter[str]
TABLES, TOTAL = "tables", "of: "
SEEDS = 20
EVENTS_EVERY = 4  # tables; exact tests of rare events hardly ever reject, and take half the time
MEAN, SHARED = 98.0, 0.3  # percent; points, SD of what all schemes of a seed and cell share
# seed and cell vary as in the digits study: schemes in points and times in logarithms
DEVIATION = np.array([0.4, 0.4, 0.8, 2.0, 0.4])
PACE = np.array([0.1, 0.1, 0.15, 0.25, 0.1])
BY_CELL = np.array([1.0, 0.5])[:, None, None]  # the second cell is half as noisy
# SDs of the per-seed contrasts of 0.01, 1.0 and xavier with zeros, docs/measured/digits of
# 2026-11-27, (normalisations, cells, schemes): points and logarithms of ratios
DIGITS = np.array(
    [[[0.309, 1.067, 0.410], [0.624, 2.245, 0.681]], [[0.204, 0.436, 0.379], [0.333, 0.397, 0.314]]]
)
DIGITS_TIMES = np.array(
    [[[0.147, 0.398, 0.243], [0.242, 0.417, 0.261]], [[0.118, 0.268, 0.186], [0.157, 0.253, 0.165]]]
)
DIGITS_SCHEMES = ("0.01", "1.0", "xavier")
MEASURED = Path(__file__).parents[2] / "docs" / "measured"
FRESH, MOST_PLANNED = 2, 300  # studies of the recommended size; seeds that are simulated at most
CORRELATION = 0.3  # between schemes within a cell, about that of the digits study
CLAIMS = (
    *(Verdict.WORSE_BEYOND, Verdict.WORSE, Verdict.BETTER_BEYOND, Verdict.BETTER),
    Verdict.NEGLIGIBLE,
)
WITHIN = (Verdict.NEGLIGIBLE, Verdict.EQUIVALENT, Verdict.IDENTICAL)


def rng_of(case: int, key: int) -> np.random.Generator:
    """Return the stream of one table of one case."""
    return np.random.default_rng([16, case, key])


def null_study(rng: np.random.Generator, failing: Floats) -> pd.DataFrame:
    """Return a study in which no scheme differs from another: 5 schemes, 2 by 2 cells, 20 seeds.

    Args:
        rng: of the table.
        failing: probability that a run fails, by scheme.

    """
    shape = (2, 2, SEEDS, len(DEVIATION))
    accuracy = MEAN + SHARED * rng.normal(size=shape[:3])[..., None]
    accuracy = accuracy + BY_CELL * DEVIATION * rng.normal(size=shape)
    times = 1.6 + 0.1 * rng.normal(size=shape[:3])[..., None] + PACE * rng.normal(size=shape)
    return runs_table(accuracy, times=np.exp(times), failed=rng.uniform(size=shape) < failing)


def null(key: int, *, case: int, failing: Floats) -> Counts:
    """Count tables in which a family claims a difference, or that an effect depends.

    The arm that fails more often than others is left out where failures are judged.
    """
    with_events = bool(failing.any()) and key % EVENTS_EVERY == 0
    verdicts = judged(null_study(rng_of(case, key), failing), key, events=with_events)
    more_often = {f"s{place}" for place in np.flatnonzero(failing > failing.min())}
    counts = Counter({TABLES: 1})
    for outcome in (Outcome.ACCURACY, Outcome.INTERACTION, Outcome.SPEED):
        rows = verdicts[verdicts["outcome"] == outcome]
        whole = rows["cell"] == ALL_CELLS
        claimed = rows["verdict"].isin(CLAIMS)
        counts[f"{outcome} over all"] += bool((claimed & whole).any())
        counts[f"{outcome} in single cells"] += bool((claimed & ~whole).any())
        counts[f"{outcome} depends"] += bool((rows["verdict"] == Verdict.DEPENDS).any())
    for outcome in (Outcome.FAILURE, Outcome.NOT_REACHED) if with_events else ():
        counts[f"{TOTAL}{outcome}"] += 1
        rows = verdicts[(verdicts["outcome"] == outcome) & ~verdicts["scheme"].isin(more_often)]
        said = rows["verdict"].isin([Verdict.WORSE, Verdict.BETTER, Verdict.DEPENDS])
        counts[f"{outcome}"] += bool(said.any())
    counts["printed against verdict"] += int((contradictions(verdicts) != "").sum())
    counts[TOTAL + "printed against verdict"] += len(verdicts)
    return counts


def families_alone(key: int, *, case: int, failing: Floats) -> Counts:
    """Count families of the same null that reject anything, by their tests without the verdicts.

    Cheap enough for many tables: a verdict claims a difference where its family rejects, and
    depends where that of homogeneity does, or where decided conditions disagree.
    """
    rng = rng_of(case, key)
    shape = (2, 2, SEEDS, len(DEVIATION))
    accuracy = BY_CELL * DEVIATION * rng.normal(size=shape)
    lost = rng.uniform(size=shape) < failing
    single = _differences(accuracy, lost)
    counts = Counter({TABLES: 1})
    plan = FlipPlan(alpha=ALPHA, resamples=RESAMPLES, analysis_seed=key)
    crossed = crossed_differences(single, family=Outcome.INTERACTION)
    for outcome, found in ((Outcome.ACCURACY, single), (Outcome.INTERACTION, crossed)):
        whole = found.over_all_cells
        for where, chosen in (("over all", whole), ("in single cells", ~whole)):
            part = found.select(chosen)
            family = family_table(
                part.values,
                plan,
                any_failed=bool(part.apart.any()),
                name=f"{outcome} {where}",
                fewest=part.fewest,
            )
            counts[f"{outcome} {where}"] += bool((family["p_adjusted"] <= ALPHA).any())
        changes = homogeneity_p(found, plan, name=outcome)
        counts[f"{outcome} depends"] += bool((changes <= ALPHA).any())
    return counts


def _differences(accuracy: Floats, lost: Booleans) -> ArmDifferences:
    """Return the contrasts with the first scheme of (normalisations, cells, seeds, schemes)."""
    columns = []
    for level, scheme in np.ndindex(accuracy.shape[0], accuracy.shape[3] - 1):
        key = (Outcome.ACCURACY.value, WITHOUT_AND_WITH[level], f"s{scheme + 1}", "s0")
        either = lost[level, :, :, scheme + 1] | lost[level, :, :, 0]
        values = accuracy[level, :, :, scheme + 1] - accuracy[level, :, :, 0]
        values = np.where(either, np.nan, values)
        columns += with_mean_over_cells(
            [
                cell_column(
                    (*key, cell_name(cell)),
                    values[cell],
                    any_lost=bool(either[cell].any()),
                    among=BOTH_CAME_THROUGH["failed"],
                )
                for cell in range(len(values))
            ]
        )
    return ArmDifferences.of_columns(columns, [str(seed) for seed in range(SEEDS)])


def checked(key: int) -> Counts:
    """Count verdicts that differ when all models are fitted; the null with 1 % failures."""
    runs = null_study(rng_of(1, key), np.full(5, 0.01))
    fast, whole = judged(runs, key, events=True), judged(runs, key, whole=True)
    same = ["verdict", "estimate", "lower", "upper", "level", "interval", "p_adjusted"]
    differ = ~((fast[same] == whole[same]) | (fast[same].isna() & whole[same].isna())).all(axis=1)
    return Counter(
        {
            TABLES: 1,
            "rows differ": int(differ.sum()),
            TOTAL + "rows differ": len(whole),
            "rows fragile by all analyses": int(whole["fragile"].sum()),
            TOTAL + "rows fragile by all analyses": len(whole),
        }
    )


def two_arms(
    rng: np.random.Generator,
    effects: Floats,
    deviations: Floats,
    *,
    shared: float = 0.0,
    seed_sd: float = 0.5,
) -> Floats:
    """Return accuracies of a reference and one scheme, (1, cells, seeds, 2).

    Args:
        rng: of the table.
        effects: of the scheme in each cell.
        deviations: SD of the per-seed contrast in each cell.
        shared: share of the contrast's variance that all cells of a seed have in common.
        seed_sd: SD of the reference. Times must stay within a run's length: where long ones are
            cut off, the ratio among those that reached the threshold has another truth.

    """
    cells = len(effects)
    common, own = rng.normal(size=(1, SEEDS)), rng.normal(size=(cells, SEEDS))
    noise = np.sqrt(shared) * common + np.sqrt(1 - shared) * own
    reference = MEAN + seed_sd * rng.normal(size=(cells, SEEDS))
    scheme = reference + effects[:, None] + deviations[:, None] * noise
    return np.stack([reference, scheme], axis=-1)[None]


def over_all(verdicts: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    """Return the rows of an outcome over all conditions."""
    return verdicts[(verdicts["outcome"] == outcome) & (verdicts["cell"] == ALL_CELLS)]


def opposite(key: int, *, case: int, deviation: float) -> Counts:
    """Count how two cells with effects of 1.5 margins, one up and one down, are judged.

    Args:
        key: number of the table.
        case: of the stream.
        deviation: SD of the per-seed contrasts in margins.

    """
    rng = rng_of(case, key)
    effects = 1.5 * np.array([1.0, -1.0])
    accuracy = two_arms(rng, effects * MARGIN, np.full(2, deviation * MARGIN))
    log_margin = np.log(SPEED_MARGIN[1])
    times = two_arms(rng, effects * log_margin, np.full(2, deviation * log_margin), seed_sd=0.1)
    found = judged(runs_table(accuracy, times=np.exp(times - MEAN)), key)
    counts = Counter({TABLES: 1})
    for outcome in (Outcome.ACCURACY, Outcome.SPEED):
        verdict = over_all(found, outcome)["verdict"].iloc[0]
        counts[f"{outcome}: equivalent"] += verdict in WITHIN
        counts[f"{outcome}: judged by the mean"] += verdict in CLAIMS and verdict not in WITHIN
        counts[f"{outcome}: depends"] += verdict == Verdict.DEPENDS
        counts[f"{outcome}: inconclusive"] += verdict == Verdict.INCONCLUSIVE
    return counts


def at_margin(key: int, *, case: int, effects: Floats, shared: float) -> Counts:
    """Count how often a scheme whose cells lie at the margin is called equivalent over all.

    Args:
        key: number of the table.
        case: of the stream.
        effects: of the cells in margins.
        shared: share of the contrast's variance that all cells of a seed have in common.

    """
    rng = rng_of(case, key)
    deviations = np.full(len(effects), 0.5)  # margins
    accuracy = two_arms(rng, effects * MARGIN, deviations * MARGIN, shared=shared)
    log_margin = np.log(SPEED_MARGIN[1])
    times = two_arms(rng, effects * log_margin, deviations * log_margin, shared=shared, seed_sd=0.1)
    found = judged(runs_table(accuracy, times=np.exp(times - MEAN)), key)
    counts = Counter({TABLES: 1})
    for outcome in (Outcome.ACCURACY, Outcome.SPEED):
        verdict = over_all(found, outcome)["verdict"].iloc[0]
        counts[f"{outcome}: equivalent"] += verdict in WITHIN
    return counts


def as_digits(rng: np.random.Generator, deviations: Floats, *, seed_sd: float = 0.5) -> Floats:
    """Return values of a reference and three schemes with the contrasts' SDs of the digits study.

    Args:
        rng: of the table.
        deviations: (normalisations, cells, schemes).
        seed_sd: SD of the reference.

    """
    shape = (2, 2, SEEDS)
    shared, own = rng.normal(size=(*shape, 1)), rng.normal(size=(*shape, 3))
    noise = np.sqrt(CORRELATION) * shared + np.sqrt(1 - CORRELATION) * own
    reference = seed_sd * rng.normal(size=(*shape, 1))
    return np.concatenate([reference, reference + deviations[:, :, None] * noise], axis=-1)


def no_effect(key: int, *, case: int) -> Counts:
    """Count how often schemes without any effect are called equivalent, SDs of digits."""
    rng = rng_of(case, key)
    accuracy, times = MEAN + as_digits(rng, DIGITS), as_digits(rng, DIGITS_TIMES, seed_sd=0.1)
    found = judged(runs_table(accuracy, times=np.exp(0.5 + times)), key)
    counts = Counter({TABLES: 1})
    for outcome in (Outcome.ACCURACY, Outcome.SPEED):
        rows = over_all(found, outcome)
        for row in rows.itertuples():
            name = DIGITS_SCHEMES[int(str(row.scheme)[1:]) - 1]
            batch = "with BN" if row.normalization != "none" else "without BN"
            counts[f"{outcome}: {name} {batch}"] += row.verdict in WITHIN
    return counts


def few_seeds(key: int, *, case: int, seeds: int) -> Counts:
    """Count family intervals that hold a true effect of half a SD, and those that are too narrow.

    Three contrasts in two cells; in the last arm all but ``seeds`` of 20 seeds fail, in the others
    there are only as many.
    """
    rng = rng_of(case, key)
    counts = Counter({TABLES: 1})
    for name, run in (("few seeds", seeds), ("few left of 20", SEEDS)):
        shape = (1, 2, run, 4)
        effects = np.array([0.0, 0.5, 0.5, 0.5]) * np.sqrt(2) * 0.4  # half a SD of a contrast
        accuracy = MEAN + effects + 0.4 * rng.normal(size=shape)
        failed = np.zeros(shape, dtype=bool)
        if run > seeds:
            failed[:, :, seeds:, 3] = True
        rows = accuracy_contrasts(runs_table(accuracy, failed=failed), key)
        rows = rows[rows["scheme"] == "s3"] if run > seeds else rows
        truth = effects[1]
        covers = (rows["simultaneous_lower"] <= truth) & (truth <= rows["simultaneous_upper"])
        narrower = (rows["simultaneous_upper"] - rows["simultaneous_lower"]) < (
            rows["upper"] - rows["lower"]
        ) * (1 - 1e-9)
        counts[f"{name}: family interval covers"] += int(covers.sum())
        counts[f"{name}: narrower than plain"] += int(narrower.sum())
        for quantity in ("family interval covers", "narrower than plain"):
            counts[f"{TOTAL}{name}: {quantity}"] += len(rows)
    return counts


def times_given_reached(key: int, *, case: int, failing: float) -> Counts:
    """Count intervals of time ratios that cover: one scheme fails and is 1.3 times as slow."""
    rng = rng_of(case, key)
    shape = (1, 2, SEEDS, 5)
    factor = np.array([1.0, 1.3, 1.0, 1.0, 1.0])
    noise = SHARED / 3 * rng.normal(size=shape[:3])[..., None] + PACE * rng.normal(size=shape)
    failed = np.zeros(shape, dtype=bool)
    failed[..., 1] = rng.uniform(size=shape[:3]) < failing
    accuracy = MEAN + 0.4 * rng.normal(size=shape)
    times = factor * np.exp(1.4 + noise)
    rows = speed_contrasts(runs_table(accuracy, times=times, failed=failed), key)
    truth = rows["scheme"].map({"s1": 1.3}).fillna(1.0)
    counts = Counter({TABLES: 1})
    for where, chosen in (
        ("over all", rows["cell"] == ALL_CELLS),
        ("cells", rows["cell"] != "all"),
    ):
        part, true = rows[chosen], truth[chosen]
        plain = (part["ratio_lower"] <= true) & (true <= part["ratio_upper"])
        family = (part["ratio_simultaneous_lower"] <= true) & (
            true <= part["ratio_simultaneous_upper"]
        )
        own = part["scheme"] == "s1"
        counts[f"{where}: plain, the failing scheme"] += int(plain[own].sum())
        counts[f"{TOTAL}{where}: plain, the failing scheme"] += int(own.sum())
        counts[f"{where}: plain, all schemes"] += int(plain.sum())
        counts[f"{TOTAL}{where}: plain, all schemes"] += len(part)
        counts[f"{where}: whole family"] += bool(family.all())
    return counts


def worse_and_failing(key: int, *, case: int) -> Counts:
    """Count reports of a scheme 3 points worse in one cell that always fails in the other."""
    rng = rng_of(case, key)
    noise = as_digits(rng, DIGITS)[:1]
    accuracy = MEAN + noise[..., :2]
    accuracy[..., 1] -= 3.0
    failed = np.zeros(accuracy.shape, dtype=bool)
    failed[:, 1, :, 1] = True
    times = np.exp(0.5 + as_digits(rng, DIGITS_TIMES, seed_sd=0.1)[:1, ..., :2])
    verdicts = judged(runs_table(accuracy, times=times, failed=failed), key, events=True)
    rows = verdicts[verdicts["outcome"] == Outcome.ACCURACY].set_index("cell")
    one, other, whole = rows.loc[cell_name(0)], rows.loc[cell_name(1)], rows.loc[ALL_CELLS]
    names_both = "worse" in whole["headline"] and "fails" in whole["headline"]
    reported = (
        Verdict(one["verdict"]).is_worse
        and other["verdict"] == Verdict.FAILS
        and whole["verdict"] == Verdict.DEPENDS
        and names_both
    )
    sizes = verdicts["outcome"].isin([Outcome.ACCURACY, Outcome.SPEED])
    missing = (verdicts["verdict"] == Verdict.NOT_ESTIMABLE) & sizes
    return Counter(
        {
            TABLES: 1,
            "worse in one, fails in the other, both in the headline": int(reported),
            "not estimable": int(missing.any()),
        }
    )


def skewed(key: int, *, case: int, seeds: int, schemes: int, heavier: float) -> Counts:
    """Count unfragile claims on contrasts as skewed as an exponential whose mean is zero.

    Args:
        key: number of the table.
        case: of the stream.
        seeds: of the study.
        schemes: beside the reference, which hardly varies.
        heavier: 1 or -1, the side of the long tail.

    """
    rng = rng_of(case, key)
    shape = (1, 1, seeds, schemes + 1)
    noise = heavier * (rng.exponential(size=shape) - 1)
    noise[..., 0] = 0.01 * rng.normal(size=shape[:3])
    counts = Counter({TABLES: 1})
    rows = over_all(judged(runs_table(MEAN + noise), key), Outcome.ACCURACY)
    claimed = rows["verdict"].isin(CLAIMS)
    counts["claimed"] = int(claimed.any())
    counts["claimed and not fragile"] = int((claimed & ~rows["fragile"]).any())
    if schemes == 1 and seeds == SEEDS:
        # so little noise that equivalence is within reach, and the truth is the margin
        close = runs_table(MEAN + 0.4 * noise + MARGIN * np.arange(2))
        at_end = over_all(judged(close, key), Outcome.ACCURACY)
        within = at_end["verdict"].isin(WITHIN)
        counts["equivalent at the margin"] = int(within.any())
        counts["equivalent at the margin, not fragile"] = int((within & ~at_end["fragile"]).any())
    return counts


def lost_points(key: int, *, case: int, arm: int) -> Counts:
    """Count headlines that name the runs that lost ten points, in 5 % of an arm's runs."""
    rng = rng_of(case, key)
    accuracy = MEAN + as_digits(rng, DIGITS)
    low = rng.uniform(size=accuracy.shape[:3]) < 0.05
    accuracy[..., arm] -= 10.0 * low
    rows = judged(runs_table(accuracy), key)
    rows = rows[rows["outcome"] == Outcome.ACCURACY]
    rows = rows if arm == 0 else rows[rows["scheme"] == f"s{arm}"]
    levels = list(dict.fromkeys(rows["normalization"]))
    counts = Counter({TABLES: 1})
    for row in rows.itertuples():
        of_level = low[levels.index(row.normalization)]
        seen = of_level if row.cell == ALL_CELLS else of_level[_place(str(row.cell))]
        if seen.any():
            counts[TOTAL + "named in the headline"] += 1
            named = ("collapsed" in row.headline.split("seeds of")[0]) or (
                "ended more than ten margins below" in row.headline
            )
            counts["named in the headline"] += named
    return counts


def power(key: int, *, case: int, noisier: float) -> Counts:
    """Count how often a shift by 1.5 SD of the noisier arm is found in a family of 8, one cell."""
    rng = rng_of(case, key)
    deviations = 0.4 * np.array([1.0, noisier, 1.0, 1.0, 1.0])
    shape = (2, 1, SEEDS, 5)
    accuracy = MEAN + SHARED * rng.normal(size=shape[:3])[..., None]
    accuracy = accuracy + deviations * rng.normal(size=shape)
    accuracy[0, ..., 1] += 1.5 * deviations[:2].max()
    rows = accuracy_contrasts(runs_table(accuracy), key)
    shifted = (rows["scheme"] == "s1") & (rows["normalization"] == WITHOUT_AND_WITH[0])
    return Counter({TABLES: 1, "found": int((rows.loc[shifted, "p_adjusted"] <= ALPHA).all())})


def seeds_needed(key: int, *, case: int) -> Counts:
    """Count fresh studies of the seeds that a study of 20 asks for which decide the contrast.

    The truth of a fresh study is what the first one estimated, for the whole family of three. The
    range is of the SD: it covers where the true SD asks for seeds within it.
    """
    rng = rng_of(case, key)
    deviation = np.sqrt(2) * 0.7  # of a contrast
    effects = rng.choice([0.0, 0.1, 0.4, 0.6], size=3)
    rows = accuracy_contrasts(_family_runs(rng, effects, np.full(3, deviation), SEEDS), key)
    places = places_to_plan(
        rows, by=("normalization", "scheme"), alpha=ALPHA, analysis_seed=key, name="accuracy"
    )
    counts = Counter({TABLES: 1})
    for quantity in ("fresh studies decide", "range covers"):
        counts[quantity] = counts[TOTAL + quantity] = 0
    is_open = (rows["p_adjusted"] > ALPHA) & ~(rows["p_equivalence_adjusted"] < ALPHA)
    for place in np.flatnonzero(is_open)[:1]:
        family, number = places[int(rows.index[place])]
        needed = planned_seeds(family, number, usable_share=1.0)
        if not needed.seeds <= MOST_PLANNED:
            continue
        estimated = rows["standard_error"].to_numpy(dtype=float) * np.sqrt(SEEDS)
        true = family.needed(number, inflation=deviation / estimated[place])
        counts[TOTAL + "range covers"] += 1
        counts["range covers"] += bool(needed.low <= true <= needed.high)
        truth = rows["estimate"].to_numpy(dtype=float)
        for fresh in range(FRESH):
            runs = _family_runs(rng, truth, estimated, int(needed.seeds))
            found = accuracy_contrasts(runs, key * FRESH + fresh).iloc[place]
            inside = max(-found["simultaneous_lower"], found["simultaneous_upper"]) < MARGIN
            differs = found["p_adjusted"] <= ALPHA
            counts[TOTAL + "fresh studies decide"] += 1
            counts["fresh studies decide"] += bool(
                differs or found["p_equivalence_adjusted"] < ALPHA or inside
            )
    return counts


def _family_runs(
    rng: np.random.Generator, effects: Floats, deviations: Floats, seeds: int
) -> pd.DataFrame:
    """Return runs of a reference and schemes whose contrasts correlate by a half, one cell."""
    common, own = rng.normal(size=(seeds, 1)), rng.normal(size=(seeds, len(effects)))
    reference = MEAN + 0.5 * rng.normal(size=(seeds, 1))
    schemes = reference + effects + deviations * np.sqrt(0.5) * (common + own)
    return runs_table(np.concatenate([reference, schemes], axis=1)[None, None])


def published(_: int) -> Counts:
    """Count published rows whose printed interval speaks against the verdict."""
    found = [pd.read_parquet(path) for path in MEASURED.glob("*/analysis/verdicts.parquet")]
    against = [int((contradictions(verdicts) != "").sum()) for verdicts in found]
    return Counter(
        {
            TABLES: 1,
            "printed against verdict": sum(against),
            TOTAL + "printed against verdict": sum(map(len, found)),
        }
    )


def one_failure(key: int, *, case: int) -> Counts:
    """Count whether an arm that fails in one of 20 seeds is said to, and not averaged away."""
    rng = rng_of(case, key)
    shape = (1, 1, SEEDS, 3)
    failed = np.zeros(shape, dtype=bool)
    failed[0, 0, int(rng.integers(SEEDS)), 1] = True
    runs = runs_table(MEAN + 0.4 * rng.normal(size=shape), failed=failed)
    row = over_all(judged(runs, key, events=True), Outcome.ACCURACY).set_index("scheme").loc["s1"]
    said = "s1 failed in 1 of 20 runs" in row["headline"].lower()
    # averaged in, it would be about -4.4
    apart = row["seeds"] == SEEDS - 1 and abs(row["estimate"]) < 2
    return Counter({TABLES: 1, "said, and set apart": int(said and apart)})


def _place(cell: str) -> int:
    return next(place for place in range(5) if cell_name(place) == cell)


def random_study(key: int, *, case: int) -> Counts:
    """Count rows whose printed interval speaks against the verdict, of studies of all kinds."""
    rng = rng_of(case, key)
    shape = (
        int(rng.integers(1, 3)),
        int(rng.integers(1, 5)),
        int(rng.integers(2, 25)),
        int(rng.integers(2, 6)),
    )
    verdicts = judged(_random_runs(rng, shape), key, events=True)
    return Counter(
        {
            TABLES: 1,
            "printed against verdict": int((contradictions(verdicts) != "").sum()),
            TOTAL + "printed against verdict": len(verdicts),
        }
    )


def _random_runs(rng: np.random.Generator, shape: tuple[int, int, int, int]) -> pd.DataFrame:
    by_arm = (shape[0], shape[1], 1, shape[3])
    kinds = (rng.normal(size=shape), rng.exponential(size=shape) - 1, rng.standard_t(3, size=shape))
    noise = rng.choice([0.05, 0.2, 0.5, 2.0], size=by_arm) * kinds[int(rng.integers(3))]
    effects = rng.choice([0, 0, 0.2, -0.5, 0.5, -3], size=by_arm)
    accuracy = 95 + rng.normal(size=shape[:3])[..., None] + effects + noise
    if rng.uniform() < 0.3:  # as a small test set rounds
        accuracy = np.round(accuracy * 2) / 2
    if rng.uniform() < 0.2:
        accuracy[..., -1] = accuracy[..., 0]
    accuracy -= 20 * (rng.uniform(size=shape) < rng.choice([0, 0, 0.05]))
    times = np.exp(1.4 + effects / 10 + rng.choice([0.02, 0.1, 0.3], size=by_arm) * kinds[0])
    failing = rng.choice([0, 0, 0, 0.05, 0.5, 1.0], size=by_arm)
    failed: Booleans = rng.uniform(size=shape) < failing
    failed |= rng.uniform(size=(1, shape[1], 1, 1)) < 0.1  # a condition in which nothing trains
    return runs_table(np.minimum(accuracy, 100.0), times=times, failed=failed)


NO_FAILURES, FEW = np.zeros(5), np.full(5, 0.01)
ONE_ARM = np.array([0.0, 0.05, 0.0, 0.0, 0.0])
CASES: dict[str, Callable[[int], Counts]] = {
    "null, no failures, families alone": partial(families_alone, case=5, failing=NO_FAILURES),
    "null, 1 % of runs fail, families alone": partial(families_alone, case=6, failing=FEW),
    "null, 5 % of one arm fail, families alone": partial(families_alone, case=7, failing=ONE_ARM),
    "null, no failures": partial(null, case=1, failing=NO_FAILURES),
    "null, 1 % of runs fail": partial(null, case=2, failing=FEW),
    "null, 5 % of one arm fail": partial(null, case=3, failing=ONE_ARM),
    "opposite effects, SD of a margin": partial(opposite, case=12, deviation=1.0),
    "opposite effects, SD of two margins": partial(opposite, case=13, deviation=2.0),
    "opposite effects, SD of four margins": partial(opposite, case=14, deviation=4.0),
    "every cell at the margin": partial(at_margin, case=21, effects=np.ones(2), shared=0.0),
    "every cell at the margin, cells vary as one": partial(
        at_margin, case=22, effects=np.ones(2), shared=1.0
    ),
    "one cell at the margin": partial(at_margin, case=23, effects=np.array([0.0, 1.0]), shared=0.0),
    "every cell at 0": partial(no_effect, case=31),
    "2 seeds": partial(few_seeds, case=41, seeds=2),
    "3 seeds": partial(few_seeds, case=42, seeds=3),
    "5 seeds": partial(few_seeds, case=43, seeds=5),
    "6 seeds": partial(few_seeds, case=44, seeds=6),
    "times 1.3, 5 % of the scheme fail": partial(times_given_reached, case=51, failing=0.05),
    "worse at one rate, failing at the other": partial(worse_and_failing, case=61),
    "skewed, 4 schemes, 20 seeds": partial(skewed, case=71, seeds=20, schemes=4, heavier=1.0),
    "skewed, 1 scheme, 20 seeds": partial(skewed, case=72, seeds=20, schemes=1, heavier=1.0),
    "skewed, 1 scheme, 20 seeds, long tail below": partial(
        skewed, case=73, seeds=20, schemes=1, heavier=-1.0
    ),
    "skewed, 1 scheme, 8 seeds": partial(skewed, case=74, seeds=8, schemes=1, heavier=1.0),
    "5 % of a scheme's runs lose 10 points": partial(lost_points, case=81, arm=1),
    "5 % of the reference's runs lose 10 points": partial(lost_points, case=82, arm=0),
    "power at 1.5 SD": partial(power, case=101, noisier=1.0),
    "power at 1.5 SD, five times noisier": partial(power, case=102, noisier=5.0),
    "one of 20 seeds fails": partial(one_failure, case=103),
    "seeds needed": partial(seeds_needed, case=104),
    "published verdicts": published,
    "random studies": partial(random_study, case=91),
    "with all models": checked,
}
