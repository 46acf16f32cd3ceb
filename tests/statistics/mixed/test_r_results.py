"""Further data sets against R: nested, crossed, singular, unbalanced, heteroscedastic.

``reference/write_r_results.R`` wrote the tables ``r_*.csv`` and every expected number; versions
of the packages stand in its first lines, tolerances in ``r_results.py``.
"""

from functools import lru_cache

import numpy as np
import pytest
from linear_questions import coefficients, mean_differences
from r_results import (
    DF,
    EFFECT,
    ERROR,
    LOG_LIKELIHOOD,
    VARIANCE,
    P,
    expected,
    r_name,
    r_table,
)

from biasinit.statistics.inference.equivalence import two_one_sided_p
from biasinit.statistics.mixed.fitting import fit_mixed

LOST = [0, 1, 2, 4, 7, 12, 20, 33, 54]  # rows of Oats that "oats_unbalanced" lacks

# case: table, formula, random terms, residual_by
MODELS = {
    "dyestuff2": ("dyestuff2", "Yield ~ 1", ["Batch"], ()),
    "pastes": ("pastes", "strength ~ 1", ["batch", "batch:cask"], ()),
    "pastes_cask": ("pastes", "strength ~ cask", ["batch", "batch:cask"], ()),
    "cake": ("cake", "angle ~ recipe * temperature", ["recipe:replicate"], ()),
    "oats": ("oats", "yield ~ dose * Variety", ["Block", "Block:Variety"], ()),
    "oats_unbalanced": ("oats", "yield ~ dose * Variety", ["Block", "Block:Variety"], ()),
    "oats_covariate": ("oats", "yield ~ nitro * Variety", ["Block", "Block:Variety"], ()),
    "chicks": ("chicks", "weight ~ Time * Diet", ["Chick"], ()),
    "lectures": ("lectures", "y ~ service", ["s", "d"], ()),
    "assay": ("assay", "reading ~ 1", ["plate", "sample"], ()),
    "runs": ("runs", "accuracy ~ scheme*bn*cell", ["seed:cell", "seed:scheme"], ()),
    "shared_seeds_joint": (
        "shared_seeds",
        "accuracy ~ scheme * cell * normalization",
        [
            *("seed", "seed:cell", "seed:scheme"),
            *("seed:normalization", "seed:cell:normalization", "seed:scheme:normalization"),
        ],
        (),
    ),
    "orthodont": ("orthodont", "distance ~ age * Sex", ["Subject"], ["Sex"]),
    "runs_by_scheme": ("runs", "accuracy ~ scheme*bn + cell", ["seed:cell"], ["scheme"]),
    "runs_by_both": (
        "runs",
        "accuracy ~ scheme*bn + cell",
        ["seed:cell"],
        ["scheme", "bn"],
    ),
    "runs_nested_by_scheme": (
        "runs",
        "accuracy ~ scheme*bn + cell",
        ["seed", "seed:cell"],
        ["scheme"],
    ),
    "machines_unbalanced": (
        "machines_unbalanced",
        "score ~ Machine",
        ["Worker", "Worker:Machine"],
        (),
    ),
    "machines_by_machine": (
        "machines_unbalanced",
        "score ~ Machine",
        ["Worker", "Worker:Machine"],
        ["Machine"],
    ),
    "looms": ("looms", "breaks ~ wool * tension", [], ["tension"]),
}


@lru_cache
def _fit(case):
    name, formula, random, residual_by = MODELS[case]
    frame = r_table(name)
    if case in ("oats_unbalanced", "oats_covariate"):
        frame = frame.drop(index=LOST)
    return fit_mixed(frame, formula, random, residual_by=residual_by)


@pytest.mark.parametrize("case", MODELS)
def test_mixed_model_agrees_with_r(case):
    fit = _fit(case)
    names = [r_name(name, fit.factors) for name in fit.params.index]
    estimate, error = expected(case, "estimate"), expected(case, "standard_error")
    own = coefficients(fit)
    assert sorted(names) == sorted(estimate.index)
    scale = np.maximum(estimate[names].abs(), error[names])
    difference = np.abs(fit.params.to_numpy() - estimate[names].to_numpy())
    assert (difference <= EFFECT * scale).all()
    assert own["standard_error"].to_numpy() == pytest.approx(error[names].to_numpy(), rel=ERROR)
    value = expected(case, "log_likelihood").item()
    assert fit.log_likelihood == pytest.approx(value, abs=LOG_LIKELIHOOD)


POOLED = [case for case, model in MODELS.items() if not model[3]]
VARYING = [case for case, model in MODELS.items() if model[3]]


@pytest.mark.parametrize("case", POOLED)
def test_satterthwaite_df_agree_with_lmertest(case):
    fit = _fit(case)
    df = expected(case, "df")
    names = [r_name(name, fit.factors) for name in fit.params.index]
    assert coefficients(fit)["df"].to_numpy() == pytest.approx(df[names].to_numpy(), rel=DF)


@pytest.mark.parametrize("case", POOLED)
def test_variance_components_agree_with_lme4(case):
    fit = _fit(case)
    variances = expected(case, "variance")
    for term, variance in fit.variance_components.items():
        name = "Residual" if term == "residual" else term
        floor = 1e-5 * variances["Residual"]  # lme4 stops near zero, not at it
        assert variance == pytest.approx(variances[name], rel=VARIANCE, abs=floor), term


# gls, which fitted the looms, gives the likelihood only
@pytest.mark.parametrize("case", [case for case in VARYING if case != "looms"])
def test_residual_deviations_agree_with_nlme(case):
    fit = _fit(case)
    deviations = expected(case, "residual_sd")
    deviations.index = deviations.index.str.replace("*", ":")
    assert fit.residual_sd.to_numpy() == pytest.approx(
        deviations[fit.residual_sd.index].to_numpy(), rel=VARIANCE / 2
    )


def test_singular_terms_are_named():
    assert _fit("dyestuff2").singular == ["Batch"]
    assert _fit("pastes").singular == []


FRAMES = {
    ("cake", "pairs_holm"): ("recipe", {}),
    ("cake", "by_holm"): ("temperature", {"reference": "175", "by": ["recipe"]}),
    ("cake", "interaction"): ("temperature", {"reference": "175", "crossed": "recipe"}),
    ("oats", "pairs_none"): ("dose", {}),
    ("oats_unbalanced", "pairs_none"): ("dose", {}),
    ("oats_covariate", "pairs_none"): ("Variety", {}),
    ("chicks", "pairs_none"): ("Diet", {}),
    ("runs", "by_holm"): ("scheme", {"reference": "zeros", "by": ["bn"]}),
    ("runs", "interaction"): ("scheme", {"reference": "zeros", "crossed": "bn"}),
    ("machines_unbalanced", "pairs_holm"): ("Machine", {}),
}


def _plain(label):
    """emmeans writes levels that are numbers as temperature175 or (0.01)."""
    for prefix in ("temperature", "dose", "Diet"):
        label = label.replace(prefix, "")
    return "".join(sign for sign in label if sign not in "() ")


@pytest.mark.parametrize(("case", "kind"), FRAMES)
def test_contrasts_agree_with_emmeans(case, kind):
    factor, options = FRAMES[case, kind]
    frame = mean_differences(_fit(case), factor, **options)
    by = options.get("by", [])
    labels = [_plain(" | ".join(row)) for row in frame[["contrast", *by]].itertuples(index=False)]
    for column, r_column, tolerance in (
        ("estimate", "estimate", EFFECT),
        ("standard_error", "standard_error", ERROR),
        ("df", "df", DF),
        ("p_holm" if kind.endswith("holm") else "p", "p_adjusted", P),
    ):
        numbers = expected(case, f"{kind}.{r_column}")
        numbers.index = [_plain(name) for name in numbers.index]
        assert sorted(labels) == sorted(numbers.index)
        assert frame[column].to_numpy() == pytest.approx(
            numbers[labels].to_numpy(), rel=tolerance, abs=1e-6
        ), column


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
        means = expected(case, f"mean.{column}")[labels].to_numpy()
        assert frame[column].to_numpy() == pytest.approx(means, rel=tolerance), column


@pytest.mark.parametrize("case", ["oats", "oats_unbalanced"])
def test_joint_tests_agree_with_lmertest_with_and_without_a_dependent_row(case):
    fit = _fit(case)
    names = list(fit.params.index)
    main = np.eye(len(names))[[n.startswith("dose") and ":" not in n for n in names]]
    crossed = np.eye(len(names))[[":" in name for name in names]]
    dependent = np.vstack([main, main[0] + main[1]])
    for kind, rows in (("joint", dependent), ("joint2", crossed)):
        joint = fit.joint_test(rows)
        assert expected(case, f"{kind}.F").item() == pytest.approx(joint.F, rel=1e-3)
        assert joint.df_denominator == pytest.approx(expected(case, f"{kind}.df").item(), rel=DF)
        assert joint.p == pytest.approx(expected(case, f"{kind}.p").item(), rel=P)


@pytest.mark.parametrize("case", ["oats", "oats_unbalanced"])
def test_equivalence_agrees_with_emmeans(case):
    frame = mean_differences(_fit(case), "Variety").set_index("contrast")
    p_values = expected(case, "tost")
    assert sorted(p_values.index) == sorted(frame.index)
    for label, p in p_values.items():
        row = frame.loc[label]
        found = two_one_sided_p(row["estimate"], row["standard_error"], row["df"], -10, 10)
        assert found == pytest.approx(p, rel=P)
