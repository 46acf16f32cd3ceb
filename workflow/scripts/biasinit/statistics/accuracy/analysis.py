"""Final accuracy: marginal means, and contrasts with the reference under each normalisation.

Two analyses answer the same question. Per-seed contrasts with a one-sample t-test and the
sign-flip family decide; the mixed model of ``accuracy_model`` stands beside them, and where its
Holm-adjusted decision differs in sign or rejection the row is *fragile*.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biasinit.statistics.accuracy.accuracy_model import (
    CHECKED_TABLES,
    AccuracyModel,
    fit_accuracy,
    mixed_columns,
    model_table,
    scheme_by_cell,
)
from biasinit.statistics.accuracy.power_curves import power_curves
from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.inference.equivalence_columns import equivalence_columns
from biasinit.statistics.inference.multiplicity import benjamini_hochberg, holm
from biasinit.statistics.inference.study_runs import (
    ALL_CELLS,
    CROSSED_NORMALIZATION,
    common_margin,
    levels_present,
    read_runs,
    treatments,
)
from biasinit.statistics.inference.typical_values import with_typical_intervals
from biasinit.statistics.mixed.residual_checks import residual_quantiles
from biasinit.statistics.paired.arms import ArmDifferences, arm_differences, crossed_differences
from biasinit.statistics.paired.contrasts import arrange, family_table, one_sample
from biasinit.streams import Purpose, stream

OUTCOME = "final_accuracy"
MEANS = ("normalization", "scheme", "estimate", "standard_error", "df", "lower", "upper")
CONTRASTS = (
    *("family", "normalization", "scheme", "reference", "cell", "basis", "seeds"),
    *("estimate", "standard_error", "df", "t", "p", "lower", "upper"),
    *("p_adjusted", "simultaneous_lower", "simultaneous_upper"),
    *("margin", "p_equivalence", "p_equivalence_adjusted", "smallest_margin"),
    *("mixed_estimate", "mixed_standard_error", "mixed_df", "mixed_p", "mixed_p_adjusted"),
    *("fragile", "scheme_by_cell_p"),
)
NO_MODEL = AccuracyModel(fit=None, runs=pd.DataFrame(), notes=())


@dataclass(frozen=True, kw_only=True)
class AccuracyAnalysis:
    """Five tables of final accuracy, `accuracy_` and the name of each."""

    means: pd.DataFrame
    contrasts: pd.DataFrame
    model: pd.DataFrame
    residuals: pd.DataFrame
    power: pd.DataFrame


def analyse_accuracy(
    runs: pd.DataFrame,
    *,
    reference: str,
    schemes: Sequence[str],
    margins: Mapping[str, float],
    alpha: float,
    resamples: int,
    analysis_seed: int,
) -> AccuracyAnalysis:
    """Return means, contrasts and models of final accuracy.

    Args:
        runs: the table `runs`.
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study, without the A/A arm; others are left out.
        margins: equivalence margin in points for each data set.
        alpha: error rate within each family.
        resamples: random sign flips when there are more than 16 seeds.
        analysis_seed: keys the flips.

    """
    table = read_runs(runs, needed=[OUTCOME])
    table = treatments(table[table["scheme"].isin(list(schemes))])
    margin = common_margin(margins, table)
    levels = levels_present(table)
    everything = {
        level: fit_accuracy(table[table["normalization"] == level], joint=False) for level in levels
    }
    trained = _trained_models(table, levels, everything)
    single = arm_differences(
        table,
        OUTCOME,
        family="accuracy",
        reference=reference,
        schemes=schemes,
        set_failed_apart=True,
    )
    crossed = crossed_differences(single, family="interaction")
    if len(crossed.labels):
        trained[CROSSED_NORMALIZATION] = fit_accuracy(table[~table["failed"]], joint=True)
    tables = [
        contrast_table(
            differences,
            models=trained,
            margin=margin,
            margins=margins,
            runs=table,
            alpha=alpha,
            resamples=resamples,
            analysis_seed=analysis_seed,
        )
        for differences in (single, crossed)
        if len(differences.labels)
    ]
    contrasts = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=CONTRASTS)
    contrasts = contrasts[list(CONTRASTS)]
    return AccuracyAnalysis(
        means=_means(table, schemes, everything),
        contrasts=contrasts,
        model=_model_rows(everything, trained, analysis_seed),
        residuals=_residual_rows(trained, analysis_seed),
        power=power_curves(contrasts, alpha=alpha, analysis_seed=analysis_seed),
    )


def contrast_table(
    differences: ArmDifferences,
    *,
    models: Mapping[str, AccuracyModel],
    margin: float,
    margins: Mapping[str, float],
    runs: pd.DataFrame,
    alpha: float,
    resamples: int,
    analysis_seed: int,
) -> pd.DataFrame:
    """Return the rows of `accuracy_contrasts` for one family.

    Args:
        differences: per-seed differences; the rows with cell "all" are the family, the others
            are exploratory.
        models: mixed model for each value of ``normalization``.
        margin: for the mean over cells, in points.
        margins: for each data set.
        runs: the runs behind the differences.
        alpha: error rate of the family.
        resamples: random sign flips.
        analysis_seed: keys the flips.

    """
    labels = differences.labels
    whole = (labels["cell"] == ALL_CELLS).to_numpy()
    name = str(labels["family"].iloc[0])
    tests = exploratory_and_family(
        differences,
        whole,
        alpha=alpha,
        resamples=resamples,
        analysis_seed=analysis_seed,
        name=name,
    )
    table = pd.concat([labels, tests], axis=1)
    table["margin"] = np.where(whole, margin, _cell_margins(labels, runs, margins))
    equivalence = equivalence_columns(
        table["estimate"].to_numpy(),
        table["standard_error"].to_numpy(),
        table["df"].to_numpy(),
        table["margin"].to_numpy(dtype=float),
        family=whole,
    )
    mixed = pd.DataFrame(index=labels.index)
    joint_p = np.full(len(labels), np.nan)
    for normalization, rows in labels.groupby("normalization", sort=False):
        model = models.get(str(normalization), NO_MODEL)
        crossed = normalization == CROSSED_NORMALIZATION
        part = mixed_columns(model, rows, crossed=crossed)
        mixed = mixed.reindex(columns=part.columns)
        mixed.loc[rows.index] = part
        for place, row in rows[rows["cell"] == ALL_CELLS].iterrows():
            joint_p[int(str(place))] = scheme_by_cell(
                model, str(row["scheme"]), str(row["reference"]), crossed=crossed
            )
    mixed = mixed.astype(float)
    p_mixed = mixed["mixed_p"].to_numpy()
    adjusted = np.full(len(labels), np.nan)
    adjusted[whole] = holm(p_mixed[whole])
    adjusted[~whole] = benjamini_hochberg(p_mixed[~whole])
    table = pd.concat([table, equivalence, mixed], axis=1)
    table["mixed_p_adjusted"] = adjusted
    table["fragile"] = _fragile(table, alpha)
    table["scheme_by_cell_p"] = joint_p
    return table[list(CONTRASTS)]


def exploratory_and_family(
    differences: ArmDifferences,
    whole: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]",
    *,
    alpha: float,
    resamples: int,
    analysis_seed: int,
    name: str,
) -> pd.DataFrame:
    """Return tests of all columns: those of ``whole`` as one family, the others on their own.

    The others get Benjamini-Hochberg p-values and their plain interval as the simultaneous one.
    Columns that count failed runs have their plain p-value and interval from sign flips.
    """
    plain = with_typical_intervals(
        one_sample(differences.values),
        differences.values,
        differences.counted,
        resamples=resamples,
        analysis_seed=analysis_seed,
        name=name,
    )
    family = family_table(
        differences.values[:, whole],
        any_failed=bool(differences.failed[whole].any()),
        alpha=alpha,
        resamples=resamples,
        analysis_seed=analysis_seed,
        name=name,
    )
    single = plain[~whole].copy()
    single["p_adjusted"] = benjamini_hochberg(single["p"].to_numpy())
    single["simultaneous_lower"] = single["lower"]
    single["simultaneous_upper"] = single["upper"]
    family.index = pd.Index(np.flatnonzero(whole))
    family[plain.columns] = plain[whole]
    parts = [part for part in (family, single) if len(part)]
    return pd.concat(parts).sort_index()


def _trained_models(
    table: pd.DataFrame, levels: Sequence[str], everything: Mapping[str, AccuracyModel]
) -> dict[str, AccuracyModel]:
    """Return models of the runs that trained: those of all runs where none failed."""
    models = {}
    for level in levels:
        part = table[table["normalization"] == level]
        failed = bool(part["failed"].any())
        models[level] = (
            fit_accuracy(part[~part["failed"]], joint=False) if failed else everything[level]
        )
    return models


def _cell_margins(labels: pd.DataFrame, runs: pd.DataFrame, margins: Mapping[str, float]) -> Floats:
    if "dataset" not in runs:
        return np.full(len(labels), common_margin(margins, runs))
    of_cell = runs.groupby("cell")["dataset"].first().astype(str).map(dict(margins))
    return np.asarray(labels["cell"].map(of_cell), dtype=float)


def _fragile(table: pd.DataFrame, alpha: float) -> "pd.Series[bool]":
    decided = table["p_adjusted"] <= alpha
    modelled = table["mixed_p_adjusted"] <= alpha
    opposite = np.sign(table["estimate"]) != np.sign(table["mixed_estimate"])
    known = table["mixed_p"].notna() & table["p_adjusted"].notna()
    return pd.Series(known & ((decided != modelled) | (decided & opposite)))


def _means(
    table: pd.DataFrame, schemes: Sequence[str], models: Mapping[str, AccuracyModel]
) -> pd.DataFrame:
    rows = []
    for level, model in models.items():
        part = table[table["normalization"] == level]
        array = arrange(part, OUTCOME, "scheme", unit="seed", cells=["cell"], strata=[])
        fitted = pd.DataFrame() if model.fit is None else model.fit.marginal_means(["scheme"])
        for scheme in schemes:
            runs = part[part["scheme"] == scheme]
            row: dict[str, object] = dict.fromkeys(MEANS, np.nan)
            row |= {"normalization": level, "scheme": scheme}
            found = fitted[fitted["scheme"] == scheme] if len(fitted) else fitted
            if len(found) and np.isfinite(found["estimate"].iloc[0]):
                row |= {name: found[name].iloc[0] for name in MEANS[1:]}
            elif scheme in array.levels:
                # the model cannot speak of an arm that does not vary; its seeds can
                values = array.cell_mean(array.values[..., array.levels.index(scheme)])
                tests = one_sample(values.T)
                row |= {name: tests[name].iloc[0] for name in MEANS[2:]}
            rows.append({**row, "runs": len(runs), "failed": int(runs["failed"].sum())})
    return pd.DataFrame(rows, columns=[*MEANS, "runs", "failed"])


def _model_rows(
    everything: Mapping[str, AccuracyModel],
    trained: Mapping[str, AccuracyModel],
    analysis_seed: int,
) -> pd.DataFrame:
    frames = []
    for level, model in trained.items():
        crossed = level == CROSSED_NORMALIZATION
        rng = _residual_stream(analysis_seed, level)
        frames.append(model_table(level, model, compare=not crossed, rng=rng))
        if not crossed and model is not everything[level]:
            text = "The contrasts rest on the runs that trained; the means on all runs."
            note = {"normalization": level, "quantity": "note", "level": "", "note": text}
            frames.append(pd.DataFrame([note | {"value": np.nan}]))
    columns = ["normalization", "quantity", "level", "value", "note"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def _residual_rows(trained: Mapping[str, AccuracyModel], analysis_seed: int) -> pd.DataFrame:
    """Return the table `accuracy_residuals`: the models of single normalisations that were fitted.

    The stream is that of the residual checks, so both speak of the same simulated tables.
    """
    frames = [
        residual_quantiles(
            model.fit, draws=CHECKED_TABLES, rng=_residual_stream(analysis_seed, level)
        ).assign(normalization=level)
        for level, model in trained.items()
        if level != CROSSED_NORMALIZATION and model.fit is not None
    ]
    columns = ["normalization", "normal", "observed", "expected", "lower", "upper"]
    return (
        pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)
    )


def _residual_stream(analysis_seed: int, level: str) -> np.random.Generator:
    return stream(analysis_seed, 0, Purpose.ANALYSIS, name=f"residual checks, {level}")
