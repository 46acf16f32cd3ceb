"""Further data sets against R: nested, crossed, singular, unbalanced, heteroscedastic, survival.

``reference/write_r_results.R`` wrote the tables ``r_*.csv`` and every expected number; versions
of the packages stand in its first lines. Tolerances are stated below.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from biasinit.statistics.cox import stratified_cox
from biasinit.statistics.failure.analysis import exact_sign_p
from biasinit.statistics.incidence import cumulative_incidence
from biasinit.statistics.mixed.fitting import fit_mixed
from biasinit.statistics.paired.contrasts import paired_contrasts
from biasinit.statistics.speed.hazard import discrete_hazard
from biasinit.statistics.spread import pitman_morgan

REFERENCE = Path(__file__).parents[1] / "reference"
RESULTS = pd.read_csv(REFERENCE / "r_results.csv", keep_default_na=False)
EFFECT, ERROR, VARIANCE, DF, P = 1e-5, 1e-3, 1e-3, 0.01, 0.02  # relative
LOG_LIKELIHOOD = 1e-4  # absolute
LOST = [0, 1, 2, 4, 7, 12, 20, 33, 54]  # rows of Oats that "oats_unbalanced" lacks

# case: table, formula, random terms, method, residual_by
MODELS = {
    "dyestuff2": ("dyestuff2", "Yield ~ 1", ["Batch"], "REML", None),
    "pastes": ("pastes", "strength ~ 1", ["batch", "batch:cask"], "REML", None),
    "pastes_ml": ("pastes", "strength ~ 1", ["batch", "batch:cask"], "ML", None),
    "pastes_cask": ("pastes", "strength ~ cask", ["batch", "batch:cask"], "REML", None),
    "cake": ("cake", "angle ~ recipe * temperature", ["recipe:replicate"], "REML", None),
    "oats": ("oats", "yield ~ dose * Variety", ["Block", "Block:Variety"], "REML", None),
    "oats_unbalanced": ("oats", "yield ~ dose * Variety", ["Block", "Block:Variety"], "REML", None),
    "oats_covariate": ("oats", "yield ~ nitro * Variety", ["Block", "Block:Variety"], "REML", None),
    "chicks": ("chicks", "weight ~ Time * Diet", ["Chick"], "REML", None),
    "chicks_ml": ("chicks", "weight ~ Time * Diet", ["Chick"], "ML", None),
    "lectures": ("lectures", "y ~ service", ["s", "d"], "REML", None),
    "lectures_ml": ("lectures", "y ~ service", ["s", "d"], "ML", None),
    "assay": ("assay", "reading ~ 1", ["plate", "sample"], "REML", None),
    "assay_ml": ("assay", "reading ~ 1", ["plate", "sample"], "ML", None),
    "runs": ("runs", "accuracy ~ scheme*bn*cell", ["seed:cell", "seed:scheme"], "REML", None),
    "runs_ml": ("runs", "accuracy ~ scheme + bn + cell", ["seed", "seed:cell"], "ML", None),
    "orthodont": ("orthodont", "distance ~ age * Sex", ["Subject"], "REML", "Sex"),
    "orthodont_ml": ("orthodont", "distance ~ age * Sex", ["Subject"], "ML", "Sex"),
    "runs_by_scheme": ("runs", "accuracy ~ scheme*bn + cell", ["seed:cell"], "REML", "scheme"),
    "runs_by_both": (
        "runs",
        "accuracy ~ scheme*bn + cell",
        ["seed:cell"],
        "REML",
        ["scheme", "bn"],
    ),
    "runs_nested_by_scheme": (
        "runs",
        "accuracy ~ scheme*bn + cell",
        ["seed", "seed:cell"],
        "REML",
        "scheme",
    ),
    "machines_unbalanced": (
        "machines_unbalanced",
        "score ~ Machine",
        ["Worker", "Worker:Machine"],
        "REML",
        None,
    ),
    "machines_by_machine": (
        "machines_unbalanced",
        "score ~ Machine",
        ["Worker", "Worker:Machine"],
        "REML",
        "Machine",
    ),
    "looms": ("looms", "breaks ~ wool * tension", [], "REML", "tension"),
}
# columns that R read as text: numbers are levels there
TEXT = {"dose", "temperature", "replicate", "Chick", "Diet", "service", "scheme", "Worker"}


@lru_cache
def _table(name):
    frame = pd.read_csv(REFERENCE / f"r_{name}.csv", dtype=dict.fromkeys(TEXT, str))
    return frame


@lru_cache
def _fit(case):
    name, formula, random, method, residual_by = MODELS[case]
    frame = _table(name)
    if case in ("oats_unbalanced", "oats_covariate"):
        frame = frame.drop(index=LOST)
    return fit_mixed(frame, formula, random, method=method, residual_by=residual_by)


def _expected(case, kind):
    rows = RESULTS[(RESULTS["case"] == case) & (RESULTS["kind"] == kind)]
    assert len(rows), (case, kind)
    return rows.set_index("name")["value"].astype(float)


def _r_name(name, levels):
    """The package's name of a coefficient as R writes it."""
    name = name.replace("Intercept", "(Intercept)")
    for factor in levels:
        name = name.replace(f"{factor}[T.", factor)
    return name.replace("]", "")


@pytest.mark.parametrize("case", MODELS)
def test_mixed_model_agrees_with_r(case):
    fit = _fit(case)
    names = [_r_name(name, fit.factors) for name in fit.params.index]
    estimate, error = _expected(case, "estimate"), _expected(case, "standard_error")
    assert sorted(names) == sorted(estimate.index)
    scale = np.maximum(estimate[names].abs(), error[names])
    difference = np.abs(fit.params.to_numpy() - estimate[names].to_numpy())
    assert (difference <= EFFECT * scale).all()
    assert fit.standard_errors.to_numpy() == pytest.approx(error[names].to_numpy(), rel=ERROR)
    value = _expected(case, "log_likelihood").item()
    assert fit.log_likelihood == pytest.approx(value, abs=LOG_LIKELIHOOD)


WITH_DF = [case for case, model in MODELS.items() if model[3] == "REML" and model[4] is None]


@pytest.mark.parametrize("case", WITH_DF)
def test_satterthwaite_df_agree_with_lmertest(case):
    fit = _fit(case)
    df = _expected(case, "df")
    own = [fit.test({name: 1}).df for name in fit.params.index]
    names = [_r_name(name, fit.factors) for name in fit.params.index]
    assert own == pytest.approx(df[names].to_numpy(), rel=DF)


@pytest.mark.parametrize("case", [case for case, model in MODELS.items() if model[4] is None])
def test_variance_components_agree_with_lme4(case):
    fit = _fit(case)
    expected = _expected(case, "variance")
    for term, variance in fit.variance_components.items():
        name = "Residual" if term == "residual" else term
        floor = 1e-5 * expected["Residual"]  # lme4 stops near zero, not at it
        assert variance == pytest.approx(expected[name], rel=VARIANCE, abs=floor), term


@pytest.mark.parametrize("case", [case for case, model in MODELS.items() if model[4] is not None])
def test_residual_deviations_agree_with_nlme(case):
    fit = _fit(case)
    if case == "looms":  # gls gives the likelihood only
        return
    expected = _expected(case, "residual_sd")
    expected.index = expected.index.str.replace("*", ":")
    assert fit.residual_sd.to_numpy() == pytest.approx(
        expected[fit.residual_sd.index].to_numpy(), rel=VARIANCE / 2
    )


def test_singular_terms_are_named():
    assert _fit("dyestuff2").singular == ["Batch"]
    assert _fit("pastes").singular == []


FRAMES = {
    ("cake", "pairs_holm"): ("recipe", {"adjust": "holm"}),
    ("cake", "by_holm"): (
        "temperature",
        {"reference": "175", "by": "recipe", "adjust": "holm"},
    ),
    ("cake", "interaction"): ("temperature", {"reference": "175", "interaction": "recipe"}),
    ("oats", "pairs_none"): ("dose", {}),
    ("oats_unbalanced", "pairs_none"): ("dose", {}),
    ("oats_covariate", "pairs_none"): ("Variety", {}),
    ("chicks", "pairs_none"): ("Diet", {}),
    ("runs", "by_holm"): ("scheme", {"reference": "zeros", "by": "bn", "adjust": "holm"}),
    ("runs", "interaction"): ("scheme", {"reference": "zeros", "interaction": "bn"}),
    ("machines_unbalanced", "pairs_holm"): ("Machine", {"adjust": "holm"}),
}


def _plain(label):
    """emmeans writes levels that are numbers as temperature175 or (0.01)."""
    for prefix in ("temperature", "dose", "Diet"):
        label = label.replace(prefix, "")
    return "".join(sign for sign in label if sign not in "() ")


@pytest.mark.parametrize(("case", "kind"), FRAMES)
def test_contrasts_agree_with_emmeans(case, kind):
    factor, options = FRAMES[case, kind]
    frame = _fit(case).contrasts(factor, **options)
    by = [options["by"]] if "by" in options else []
    labels = [_plain(" | ".join(row)) for row in frame[["contrast", *by]].itertuples(index=False)]
    for column, tolerance in (
        ("estimate", EFFECT),
        ("standard_error", ERROR),
        ("df", DF),
        ("p_adjusted", P),
    ):
        expected = _expected(case, f"{kind}.{column}")
        expected.index = [_plain(name) for name in expected.index]
        assert sorted(labels) == sorted(expected.index)
        assert frame[column].to_numpy() == pytest.approx(
            expected[labels].to_numpy(), rel=tolerance, abs=1e-6
        ), column


@pytest.mark.parametrize(
    ("case", "kind", "factor", "reference"),
    [
        ("cake", "pairs_tukey", "recipe", None),
        ("oats", "pairs_tukey", "dose", None),
        ("oats", "dunnett", "dose", "0"),
        ("oats_unbalanced", "pairs_tukey", "dose", None),
        ("oats_unbalanced", "dunnett", "dose", "0"),
        ("runs", "pairs_tukey", "scheme", None),
        ("runs", "dunnett", "scheme", "zeros"),
        ("machines_unbalanced", "pairs_tukey", "Machine", None),
    ],
)
def test_single_step_adjustment_agrees_with_the_multivariate_t(case, kind, factor, reference):
    """The multivariate normal integrated over the SD, in R; its own accuracy is 1e-7."""
    adjust = "dunnett" if reference else "tukey"
    frame = _fit(case).contrasts(factor, reference=reference, adjust=adjust)
    expected = _expected(case, f"{kind}.mvt")
    expected.index = [_plain(name) for name in expected.index]
    labels = [_plain(name) for name in frame["contrast"]]
    assert frame["p_adjusted"].to_numpy() == pytest.approx(
        expected[labels].to_numpy(), rel=P, abs=1e-6
    )


@pytest.mark.parametrize(
    ("case", "factors"),
    [
        ("cake", ["recipe"]),
        ("oats", ["Variety", "dose"]),
        ("oats_unbalanced", ["Variety", "dose"]),
        ("oats_covariate", ["Variety"]),
        ("chicks", ["Diet"]),
    ],
)
def test_marginal_means_agree_with_emmeans(case, factors):
    frame = _fit(case).marginal_means(factors)
    labels = [" | ".join(row) for row in frame[factors].itertuples(index=False)]
    for column, tolerance in (
        ("estimate", EFFECT),
        ("standard_error", ERROR),
        ("df", DF),
        ("lower", 1e-4),
    ):
        expected = _expected(case, f"mean.{column}")[labels].to_numpy()
        assert frame[column].to_numpy() == pytest.approx(expected, rel=tolerance), column


@pytest.mark.parametrize("case", ["oats", "oats_unbalanced"])
def test_joint_tests_agree_with_lmertest_with_and_without_a_dependent_row(case):
    fit = _fit(case)
    names = list(fit.params.index)
    main = np.eye(len(names))[[n.startswith("dose") and ":" not in n for n in names]]
    crossed = np.eye(len(names))[[":" in name for name in names]]
    dependent = np.vstack([main, main[0] + main[1]])
    for kind, rows in (("joint", dependent), ("joint2", crossed)):
        joint = fit.joint_test(rows)
        assert _expected(case, f"{kind}.F").item() == pytest.approx(joint.F, rel=1e-3)
        assert joint.df_denominator == pytest.approx(_expected(case, f"{kind}.df").item(), rel=DF)
        assert joint.p == pytest.approx(_expected(case, f"{kind}.p").item(), rel=P)


@pytest.mark.parametrize("case", ["oats", "oats_unbalanced"])
def test_equivalence_agrees_with_emmeans(case):
    fit = _fit(case)
    grid, rows = fit.state.design.grid(["Variety"])
    place = {name: rows[index] for index, name in enumerate(grid["Variety"])}
    for label, p in _expected(case, "tost").items():
        first, second = label.split(" - ")
        tests = fit.equivalence(place[first] - place[second], 10)
        assert tests.p == pytest.approx(p, rel=P)


COX = {
    "veteran_cox": ("time", "status", "trt * prior + karno", "celltype"),
    "veteran_months_cox": ("months", "died", "trt + karno", "celltype"),
    "rats_cox": ("time", "status", "rx", "litter"),
}


@pytest.mark.parametrize("case", COX)
def test_stratified_cox_agrees_with_coxph(case):
    data = _survival(case)
    fit = stratified_cox(data, *COX[case])
    names = [_r_name(name, ["trt", "prior", "rx"]) for name in fit.table.index]
    for column, kind in (("estimate", "estimate"), ("model_standard_error", "standard_error")):
        expected = _expected(case, kind)[names].to_numpy()
        assert fit.table[column].to_numpy() == pytest.approx(expected, rel=1e-4)
    expected = _expected(case, "log_likelihood").item()
    assert fit.log_likelihood == pytest.approx(expected, abs=LOG_LIKELIHOOD)


HAZARDS = {
    "veteran_trt": ("months", "died", "trt", "celltype", "ward"),
    "veteran_months": ("months", "died", "trt * prior + karno", "celltype", "ward"),
    "rats_week": ("week", "status", "rx", "sex", "litter"),
}


@pytest.mark.parametrize("case", HAZARDS)
def test_discrete_hazard_agrees_with_glm_and_a_jackknife_in_r(case):
    fit = discrete_hazard(_survival(case), *HAZARDS[case])
    names = [_r_name(name, ["trt", "prior", "rx"]) for name in fit.table.index]
    for column, tolerance in (
        ("estimate", EFFECT),
        ("standard_error", ERROR),
        ("model_standard_error", ERROR),
    ):
        expected = _expected(case, column)[names].to_numpy()
        assert fit.table[column].to_numpy() == pytest.approx(expected, rel=tolerance), column
    assert fit.deviance == pytest.approx(_expected(case, "deviance").item(), abs=2e-4)


def _survival(case):
    data = _table("rats" if case.startswith("rats") else "veteran")
    return data[data["sex"] == "f"] if case.startswith("rats") else data


def test_cumulative_incidence_agrees_with_survfit():
    found = cumulative_incidence(
        _table("incidence"), "months", "reached", "failed", "sex", unit="id"
    )
    rows = RESULTS[RESULTS["case"] == "incidence"]
    for kind, time, value in rows[["kind", "name", "value"]].itertuples(index=False):
        sex = found[found["sex"] == kind.removeprefix("sex=")]
        before = sex[sex["time"] <= float(time)]
        assert before["incidence"].iloc[-1] == pytest.approx(float(value), abs=1e-8)


def test_paired_basics_agree_with_r():
    pairs = _table("pairs")
    row = pitman_morgan(pairs[["b", "a"]].to_numpy())
    assert row["correlation"] == pytest.approx(_expected("pairs", "pitman_morgan_r").item())
    assert row["p"] == pytest.approx(_expected("pairs", "pitman_morgan_p").item())
    for signs, kind in ((np.array([1] * 9 + [-1] * 2), "9_of_11"), (np.ones(5), "5_of_5")):
        assert exact_sign_p(signs) == pytest.approx(_expected("pairs", f"mcnemar_{kind}").item())
    long = pairs.melt(id_vars="seed", var_name="scheme", value_name="y")
    table = paired_contrasts(long, "y", "scheme", "a", average_over=None)
    assert table["p"].item() == pytest.approx(_expected("pairs", "t_p").item())
    assert table["df"].item() == 24
    assert scipy.stats.ttest_rel(pairs["b"], pairs["a"]).pvalue == pytest.approx(table["p"].item())
