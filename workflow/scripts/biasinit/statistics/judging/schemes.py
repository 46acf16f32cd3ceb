"""The table of verdicts: one row per outcome, normalisation and scheme."""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.statistics.accuracy.planning import (
    PLANNED_POWER,
    PLANNED_STUDIES,
    contrast_deviation,
    planning_stream,
    seeds_for_contrast,
)
from biasinit.statistics.inference.multiplicity import holm
from biasinit.statistics.inference.study_runs import (
    ALL_CELLS,
    CROSSED_NORMALIZATION,
    levels_present,
    read_runs,
    treatments,
    varying_factors,
)
from biasinit.statistics.judging.verdicts import Evidence, judge
from biasinit.statistics.trust.new_test_set import new_test_set_family
from biasinit.verdicts import Verdict

COLUMNS = (
    *("outcome", "normalization", "scheme", "reference", "verdict", "headline"),
    *("estimate", "lower", "upper", "level", "unit", "margin_lower", "margin_upper"),
    *("p_adjusted", "p_equivalence_adjusted", "fragile", "depends_on", "smallest_margin"),
    *("seeds", "seeds_needed", "failed", "reference_failed"),
    *("new_test_set_lower", "new_test_set_upper"),
)
NEW_TEST_SETS = 2_000  # bootstrap samples of seeds and images


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Lookup:
    """What every verdict asks of the tables, indexed once.

    ``effects`` by (family, normalisation, scheme) and ``failed`` by (normalisation, scheme) are
    indexed by cell; ``totals`` holds runs and failed runs, and ``new_intervals`` the accuracy
    interval for a new test set, by (normalisation, scheme).
    """

    effects: Mapping[tuple[str, ...], "pd.Series[float]"]
    failed: Mapping[tuple[str, ...], "pd.Series[float]"]
    totals: Mapping[tuple[str, ...], tuple[int, int]]
    factors: Sequence[str]
    new_intervals: Mapping[tuple[str, ...], tuple[float, float]]

    def arm(self, levels: Sequence[str], scheme: str) -> tuple[int, int]:
        """Return the runs of an arm and how many failed."""
        found = [self.totals.get((level, scheme), (0, 0)) for level in levels]
        return sum(runs for runs, _ in found), sum(failed for _, failed in found)

    def failures(
        self, levels: Sequence[str], schemes: Sequence[str], cells: "pd.Index[str]"
    ) -> "pd.Series[float]":
        """Return the failed runs of several arms in each cell."""
        total = pd.Series(0.0, index=cells)
        for key in itertools.product(levels, schemes):
            if key in self.failed:
                total = total + self.failed[key].reindex(cells).fillna(0.0)
        return total


def _lookup(
    frames: Sequence[pd.DataFrame],
    rates: pd.DataFrame,
    runs: pd.DataFrame,
    new_intervals: Mapping[tuple[str, ...], tuple[float, float]],
) -> _Lookup:
    single, whole = rates[rates["cell"] != ALL_CELLS], rates[rates["cell"] == ALL_CELLS]
    effects: dict[tuple[str, ...], pd.Series[float]] = {}
    for contrasts in frames:
        cells = contrasts[contrasts["cell"] != ALL_CELLS]
        for key, part in cells.groupby(["family", "normalization", "scheme"], sort=False):
            effects[_texts(key)] = part.set_index("cell")["estimate"].astype(float)
    return _Lookup(
        effects=effects,
        failed={
            _texts(key): part.set_index("cell")["failed"].astype(float)
            for key, part in single.groupby(["normalization", "scheme"], sort=False)
        },
        totals={
            (str(level), str(scheme)): (int(runs_of), int(failed))
            for level, scheme, runs_of, failed in zip(
                *(whole[name].tolist() for name in ("normalization", "scheme", "runs", "failed")),
                strict=True,
            )
        },
        factors=varying_factors(runs),
        new_intervals=new_intervals,
    )


def _texts(key: object) -> tuple[str, ...]:
    return tuple(map(str, key)) if isinstance(key, tuple) else (str(key),)


def judge_schemes(
    runs: pd.DataFrame,
    *,
    accuracy_contrasts: pd.DataFrame,
    speed_contrasts: pd.DataFrame | None,
    failure_rates: pd.DataFrame,
    failure_contrasts: pd.DataFrame,
    reference: str,
    schemes: Sequence[str],
    alpha: float,
    analysis_seed: int,
    correct: pd.DataFrame | None = None,
    test_images: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """Return the table `verdicts`.

    Args:
        runs: the table `runs`.
        accuracy_contrasts: from ``analyse_accuracy``.
        speed_contrasts: from ``analyse_speed``, or None where the study has no speed.
        failure_rates: from ``analyse_failure``.
        failure_contrasts: from ``analyse_failure``.
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study, without the A/A arm.
        alpha: error rate within each family.
        analysis_seed: keys the simulation of the seeds needed, and the bootstrap.
        correct: the table `correct`, for intervals on a new test set; None where there is none.
        test_images: number of test images of each data set; goes with ``correct``.

    """
    table = treatments(read_runs(runs))
    table = table[table["scheme"].isin(list(schemes))]
    new_intervals: dict[tuple[str, ...], tuple[float, float]] = {}
    if correct is not None and test_images is not None:
        found = new_test_set_family(
            correct,
            table,
            reference=reference,
            schemes=schemes,
            test_images=test_images,
            draws=NEW_TEST_SETS,
            analysis_seed=analysis_seed,
        )
        for level, scheme, lower, upper in found.itertuples(index=False, name=None):
            new_intervals[str(level), str(scheme)] = float(lower), float(upper)
    rows: list[dict[str, object]] = []
    frames = [("accuracy", accuracy_contrasts)]
    frames += [("speed", speed_contrasts)] if speed_contrasts is not None else []
    lookup = _lookup([contrasts for _, contrasts in frames], failure_rates, table, new_intervals)
    for kind, contrasts in frames:
        whole = _with_adjusted_cell_tests(contrasts[contrasts["cell"] == ALL_CELLS])
        sizes = whole.groupby("family")["estimate"].count().to_dict()
        for record in whole.to_dict("records"):
            row = {str(key): value for key, value in record.items()}
            evidence = _evidence(
                row,
                kind,
                table,
                lookup,
                alpha=alpha,
                comparisons=int(sizes[row["family"]]),
                analysis_seed=analysis_seed,
            )
            rows.append(_row(evidence, row["p_adjusted"]))
    for level in levels_present(table):
        for scheme in schemes:
            if scheme != reference:
                rows.append(
                    _failure_row(
                        level, scheme, reference, lookup, failure_rates, failure_contrasts, alpha
                    )
                )
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"fragile": bool})


def _with_adjusted_cell_tests(whole: pd.DataFrame) -> pd.DataFrame:
    """Return the contrasts with Holm's adjustment of the joint tests over cells, by family.

    Without it, one of eight contrasts would "depend on" a factor by chance in a third of studies.
    """
    adjusted = whole.groupby("family")["scheme_by_cell_p"].transform(
        lambda p: pd.Series(holm(p.to_numpy(dtype=float)), index=p.index)
    )
    return whole.assign(scheme_by_cell_p_adjusted=adjusted)


def _evidence(
    row: dict[str, object],
    kind: str,
    runs: pd.DataFrame,
    lookup: _Lookup,
    *,
    alpha: float,
    comparisons: int,
    analysis_seed: int,
) -> Evidence:
    """Return what one row of contrasts says, in the unit of its verdict."""
    speed = kind == "speed"
    levels = (
        levels_present(runs)
        if row["normalization"] == CROSSED_NORMALIZATION
        else [str(row["normalization"])]
    )
    arm = lookup.arm(levels, str(row["scheme"]))
    base = lookup.arm(levels, str(row["reference"]))
    margin = _number(row.get("margin"))
    new_lower, new_upper = (
        (float("nan"), float("nan"))
        if speed
        else lookup.new_intervals.get(
            (str(row["normalization"]), str(row["scheme"])), (float("nan"), float("nan"))
        )
    )
    evidence = Evidence(
        outcome=str(row["family"]),
        normalization=str(row["normalization"]),
        scheme=str(row["scheme"]),
        reference=str(row["reference"]),
        estimate=_number(row["ratio" if speed else "estimate"]),
        lower=_number(row["ratio_simultaneous_lower" if speed else "simultaneous_lower"]),
        upper=_number(row["ratio_simultaneous_upper" if speed else "simultaneous_upper"]),
        null=1.0 if speed else 0.0,
        margin_lower=_number(row["margin_lower"]) if speed else -margin,
        margin_upper=_number(row["margin_upper"]) if speed else margin,
        different=_number(row["p_adjusted"]) <= alpha,
        p_equivalence_adjusted=_number(row["p_equivalence_adjusted"]),
        alpha=alpha,
        higher_is_better=not speed,
        seeds=int(_number(row["seeds"])),
        fragile=bool(row["fragile"]),
        smallest_margin=_number(row["smallest_margin"]),
        runs=arm[0],
        reference_runs=base[0],
        failed=arm[1],
        reference_failed=base[1],
        new_lower=new_lower,
        new_upper=new_upper,
    )
    verdict = judge(evidence).verdict
    return dataclasses.replace(
        evidence,
        depends_on=_depends_on(row, verdict, runs, lookup, levels, alpha),
        seeds_needed=_seeds_needed(
            row, evidence, verdict, speed, comparisons=comparisons, analysis_seed=analysis_seed
        ),
    )


def _depends_on(
    row: dict[str, object],
    verdict: Verdict,
    runs: pd.DataFrame,
    lookup: _Lookup,
    levels: Sequence[str],
    alpha: float,
) -> str:
    """Return the factor that the effect changes with, or nothing.

    It does when the joint test over cells rejects, when an established effect has the opposite
    sign in some cell, or when runs failed in some cells and not in others.
    """
    effects = lookup.effects.get(
        (str(row["family"]), str(row["normalization"]), str(row["scheme"]))
    )
    if effects is None or len(effects) < 2 or not lookup.factors:
        return ""
    rejects = _number(row["scheme_by_cell_p_adjusted"]) < alpha
    established = verdict in (Verdict.BETTER, Verdict.WORSE, Verdict.NEGLIGIBLE)
    opposite = established and bool((effects * _number(row["estimate"]) < 0).any())
    failures = lookup.failures(levels, [str(row["scheme"]), str(row["reference"])], effects.index)
    uneven = bool((failures > 0).any() and (failures == 0).any())
    if not (rejects or opposite or uneven):
        return ""
    measure = failures.astype(float) if uneven and not rejects else effects
    return _strongest_factor(measure, runs, lookup.factors)


def _strongest_factor(
    values: "pd.Series[float]", runs: pd.DataFrame, factors: Sequence[str]
) -> str:
    """Return the factor whose levels explain most of the values between cells."""
    described = runs.drop_duplicates("cell").set_index("cell").loc[values.index, list(factors)]
    explained = {}
    for factor in factors:
        fitted = values.groupby(described[factor].astype(str).to_numpy()).transform("mean")
        levels = described[factor].nunique()
        # a factor with more levels explains more by chance; per level is a fair comparison
        explained[factor] = float(((fitted - values.mean()) ** 2).sum()) / max(levels - 1, 1)
    return max(explained, key=lambda name: explained[name])


def _seeds_needed(
    row: dict[str, object],
    evidence: Evidence,
    verdict: Verdict,
    speed: bool,
    *,
    comparisons: int,
    analysis_seed: int,
) -> float:
    if verdict is not Verdict.INCONCLUSIVE or evidence.seeds < 2:
        return float("nan")
    effect, margin = _number(row["estimate"]), evidence.margin_upper
    deviation = contrast_deviation(row, evidence.seeds)
    if speed:
        # on the log scale, where the jackknife interval of the ratio is symmetric
        effect = float(np.log(evidence.estimate))
        reach = float(np.log(_number(row["smallest_margin"]))) - abs(effect)
        error = reach / float(scipy.stats.t.isf(0.05, _number(row["df"])))
        deviation = error * float(np.sqrt(evidence.seeds))
        margin = float(min(np.log(evidence.margin_upper), -np.log(evidence.margin_lower)))
    found = seeds_for_contrast(
        effect=effect,
        deviation=deviation,
        margin=margin,
        comparisons=comparisons,
        alpha=evidence.alpha,
        power=PLANNED_POWER,
        draws=PLANNED_STUDIES,
        rng=planning_stream(
            analysis_seed, evidence.outcome, evidence.normalization, evidence.scheme
        ),
    )
    return found


def _row(evidence: Evidence, p_adjusted: object) -> dict[str, object]:
    judgement = judge(evidence)
    return {
        "outcome": evidence.outcome,
        "normalization": evidence.normalization,
        "scheme": evidence.scheme,
        "reference": evidence.reference,
        "verdict": judgement.verdict.value,
        "headline": judgement.headline,
        "estimate": evidence.estimate,
        "lower": evidence.lower,
        "upper": evidence.upper,
        "level": evidence.level,
        "unit": {"speed": "ratio", "failure": "share of runs"}.get(evidence.outcome, "points"),
        "margin_lower": evidence.margin_lower,
        "margin_upper": evidence.margin_upper,
        "p_adjusted": _number(p_adjusted),
        "p_equivalence_adjusted": evidence.p_equivalence_adjusted,
        "fragile": evidence.fragile,
        "depends_on": evidence.depends_on,
        "smallest_margin": evidence.smallest_margin,
        "seeds": evidence.seeds,
        "seeds_needed": evidence.seeds_needed,
        "failed": evidence.failed,
        "reference_failed": evidence.reference_failed,
        "new_test_set_lower": evidence.new_lower,
        "new_test_set_upper": evidence.new_upper,
    }


def _failure_row(
    level: str,
    scheme: str,
    reference: str,
    lookup: _Lookup,
    rates: pd.DataFrame,
    contrasts: pd.DataFrame,
    alpha: float,
) -> dict[str, object]:
    arm, base = lookup.arm([level], scheme), lookup.arm([level], reference)
    found = contrasts[
        (contrasts["normalization"] == level)
        & (contrasts["scheme"] == scheme)
        & (contrasts["cell"] == ALL_CELLS)
    ]
    estimate = lower = upper = p_adjusted = float("nan")
    if len(found):
        estimate, lower, upper = (
            _number(found[name].iloc[0]) for name in ("risk_difference", "lower", "upper")
        )
        p_adjusted = _number(found["p_adjusted"].iloc[0])
    elif arm[0] and base[0]:
        # no run of either arm failed: the difference is zero, and each risk is bounded
        limits = rates[
            (rates["normalization"] == level)
            & (rates["cell"] == ALL_CELLS)
            & rates["scheme"].isin([scheme, reference])
        ].set_index("scheme")["upper"]
        estimate, lower, upper = 0.0, -_number(limits[reference]), _number(limits[scheme])
    different = p_adjusted <= alpha
    if not different:  # the interval is that of a single contrast, the decision the family's
        lower, upper = min(lower, 0.0), max(upper, 0.0)
    evidence = Evidence(
        outcome="failure",
        normalization=level,
        scheme=scheme,
        reference=reference,
        estimate=estimate,
        lower=lower,
        upper=upper,
        null=0.0,
        margin_lower=float("nan"),
        margin_upper=float("nan"),
        different=different,
        p_equivalence_adjusted=float("nan"),
        alpha=alpha,
        higher_is_better=False,
        seeds=arm[0],
        runs=arm[0],
        reference_runs=base[0],
        failed=arm[1],
        reference_failed=base[1],
    )
    return _row(evidence, p_adjusted)


def _number(value: object) -> float:
    return float("nan") if value is None else float(str(value))
