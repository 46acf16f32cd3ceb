"""All tests of a table of contrasts: differences, equivalence, homogeneity, skewness.

What decides, and the intervals that are printed for it, are made here for every outcome that runs
have a size of: points of accuracy, logarithms of times. Contrasts over all cells form one family,
single cells another. *Equivalent over all cells* is an intersection-union test (Berger & Hsu 1996,
doi:10.1214/ss/1032280304): it is said when the test of every cell rejects at its level, which
costs nothing within a contrast; Holm's adjustment spans the contrasts by their largest p-value.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.statistics.inference.arrays import Booleans, Floats, Integers
from biasinit.statistics.inference.equivalence import two_one_sided_p
from biasinit.statistics.inference.multiplicity import holm, holm_levels
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.inference.skewness import hall_statistic, skewness
from biasinit.statistics.paired.arms import ArmDifferences
from biasinit.statistics.paired.homogeneity import homogeneity_p
from biasinit.statistics.paired.seed_tests import family_table

FEWEST_SEEDS = 6  # for a verdict of equivalence; fewer cannot show a difference at 5 % either
COLUMNS = (
    *("seeds", "estimate", "standard_error", "df", "t", "p", "lower", "upper"),
    *("p_adjusted", "simultaneous_lower", "simultaneous_upper"),
    *("p_equivalence", "p_equivalence_adjusted"),
    *("equivalence_level", "equivalence_lower", "equivalence_upper"),
    *("smallest_margin", "identical", "skewness", "skewed", "homogeneity_p"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """Ends of the margin of each contrast, (columns,), in the unit of the differences.

    NaN where none is set, so that equivalence is never claimed by default.
    """

    lower: Floats
    upper: Floats

    @classmethod
    def around_zero(cls, half: Floats) -> "Margins":
        """Return margins that reach as far down as up."""
        return cls(lower=-half, upper=half)


def contrast_tests(
    differences: ArmDifferences, plan: FlipPlan, margins: Margins, *, name: str
) -> pd.DataFrame:
    """Return the tests of all contrasts, one row for each column of the differences.

    Args:
        differences: per-seed differences.
        plan: of the families.
        margins: of each column.
        name: of the family; keys its flips.

    Returns:
        ``COLUMNS``. ``simultaneous_lower, simultaneous_upper`` hold for the family of contrasts
        over all cells, or for that of all single cells. ``equivalence_lower,
        equivalence_upper`` is the interval that lies within the margin exactly where
        ``p_equivalence_adjusted`` < alpha (over several cells: from the lowest to the highest end
        of any cell), and ``equivalence_level`` its level in percent. ``smallest_margin`` is the
        margin that this interval would touch. ``identical``: no seed differs. ``skewed``: a test
        that allows for skewness decides otherwise. ``homogeneity_p``: over several cells,
        adjusted p-value that the contrast is the same in each.

    """
    table = _family_and_cells(differences, plan, name=name)
    table["identical"] = _identical(differences.values)
    cells = {
        int(place): differences.cells_behind(int(place))
        for place in np.flatnonzero(differences.over_all_cells)
    }
    several = {place: behind for place, behind in cells.items() if len(behind)}
    table = table.join(_equivalence(table, differences, plan, margins, several))
    table["skewness"] = skewness(differences.values)
    table["skewed"] = _decides_otherwise(table, differences, plan, margins, several)
    table["homogeneity_p"] = homogeneity_p(differences, plan, name=name)
    return table[list(COLUMNS)]


def _family_and_cells(differences: ArmDifferences, plan: FlipPlan, *, name: str) -> pd.DataFrame:
    """Return the tests of contrasts over all cells and of single cells, as two families."""
    whole = differences.over_all_cells
    parts = []
    for chosen, family in ((whole, name), (~whole, f"{name}, single cells")):
        if chosen.any():
            part = family_table(
                differences.values[:, chosen],
                plan,
                any_failed=bool(differences.apart[chosen].any()),
                name=family,
                fewest=differences.fewest[chosen],
            )
            parts.append(part.set_axis(np.flatnonzero(chosen), axis=0))
    return pd.concat(parts).sort_index()


def _identical(values: Floats) -> Booleans:
    """Mark the columns in which two seeds or more have a pair and none differs."""
    present = np.isfinite(values)
    same = np.where(present, values, 0.0) == 0.0
    return np.asarray(same.all(axis=0) & (present.sum(axis=0) >= 2), dtype=bool)


def _equivalence(
    table: pd.DataFrame,
    differences: ArmDifferences,
    plan: FlipPlan,
    margins: Margins,
    several: Mapping[int, Integers],
) -> pd.DataFrame:
    """Return the tests of equivalence, and the intervals that go with their decisions."""
    whole = differences.over_all_cells
    single = _two_one_sided(table, margins)
    for place, cells in several.items():
        single[place] = single[cells].max()  # NaN where a cell has no test
    adjusted, level = np.full(len(single), np.nan), np.full(len(single), np.nan)
    for family in (whole, ~whole):
        adjusted[family] = holm(single[family])
        level[family] = holm_levels(single[family], plan.alpha)
    for place, cells in several.items():
        # what holds of all cells holds of each
        if adjusted[place] < plan.alpha:
            better = adjusted[cells] > adjusted[place]
            adjusted[cells[better]] = adjusted[place]
            level[cells] = np.maximum(level[cells], level[place])
    lower, upper = _interval(table, level)
    for place, cells in several.items():
        ends = _interval(table.iloc[cells], np.full(len(cells), level[place]))
        lower[place], upper[place] = ends[0].min(), ends[1].max()
    return pd.DataFrame(
        {
            "p_equivalence": single,
            "p_equivalence_adjusted": adjusted,
            "equivalence_level": 100 * (1 - 2 * level),
            "equivalence_lower": lower,
            "equivalence_upper": upper,
            "smallest_margin": np.maximum(np.abs(lower), np.abs(upper)),
        },
        index=table.index,
    )


def _two_one_sided(table: pd.DataFrame, margins: Margins) -> Floats:
    """Return the p-value of two one-sided tests of each row, 0 of identical arms.

    NaN with fewer than six seeds, or without a margin.
    """
    estimate, error, df = (
        table[column].to_numpy(dtype=float) for column in ("estimate", "standard_error", "df")
    )
    p = two_one_sided_p(estimate, error, df, margins.lower, margins.upper)
    known = np.isfinite(margins.lower) & np.isfinite(margins.upper)
    p = np.where(table["identical"], 0.0, p)
    return np.where(known & (table["seeds"] >= FEWEST_SEEDS), p, np.nan)


def _interval(table: pd.DataFrame, level: Floats) -> tuple[Floats, Floats]:
    """Return the interval of each row at a one-sided level; identical arms have no width."""
    df, error = table["df"].to_numpy(dtype=float), table["standard_error"].to_numpy(dtype=float)
    half = np.where(table["identical"], 0.0, error * scipy.stats.t.isf(level, df))
    half = np.where(np.isnan(level), np.nan, half)
    estimate = table["estimate"].to_numpy(dtype=float)
    return estimate - half, estimate + half


def _decides_otherwise(
    table: pd.DataFrame,
    differences: ArmDifferences,
    plan: FlipPlan,
    margins: Margins,
    several: Mapping[int, Integers],
) -> Booleans:
    """Return where Hall's test decides otherwise, on a difference or on equivalence."""
    values, df = differences.values, table["df"].to_numpy(dtype=float)
    critical = (
        (table["simultaneous_upper"] - table["estimate"]) / table["standard_error"]
    ).to_numpy()
    found = np.abs(hall_statistic(values, np.zeros(values.shape[1]))) > critical
    otherwise = found != (table["p_adjusted"] <= plan.alpha).to_numpy()
    level = (1 - table["equivalence_level"].to_numpy() / 100) / 2
    least = scipy.stats.t.isf(level, df)
    inside = (hall_statistic(values, margins.lower) > least) & (
        hall_statistic(values, margins.upper) < -least
    )
    inside |= table["identical"].to_numpy()
    for place, cells in several.items():
        inside[place] = inside[cells].all()
    decided = (table["p_equivalence_adjusted"] < plan.alpha).to_numpy()
    known = table["standard_error"].notna().to_numpy()
    testable = table["p_equivalence"].notna().to_numpy()
    return np.asarray(known & (otherwise | (testable & (inside != decided))), dtype=bool)
