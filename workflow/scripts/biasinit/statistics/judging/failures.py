"""The evidence on how often runs fail."""

import pandas as pd

from biasinit.statistics.inference.study_runs import ALL_CELLS
from biasinit.statistics.judging.evidence import Evidence
from biasinit.statistics.judging.lookup import Lookup
from biasinit.verdicts import Outcome

NAN = float("nan")


def failure_evidence(
    level: str,
    scheme: str,
    reference: str,
    lookup: Lookup,
    *,
    rates: pd.DataFrame,
    contrasts: pd.DataFrame,
    alpha: float,
) -> tuple[Evidence, float]:
    """Return the evidence on a scheme's risk at a normalisation, and its adjusted p-value.

    Args:
        level: the normalisation.
        scheme: compared with the reference.
        reference: name of the reference.
        lookup: the tables of the study.
        rates: the table `failure_rates`.
        contrasts: the table `failure_contrasts`.
        alpha: level of the decision.

    """
    runs, failed = lookup.arm([level], scheme)
    reference_runs, reference_failed = lookup.arm([level], reference)
    estimate = lower = upper = p_adjusted = NAN
    found = contrasts[
        (contrasts["normalization"] == level)
        & (contrasts["scheme"] == scheme)
        & (contrasts["cell"] == ALL_CELLS)
    ]
    if len(found):
        names = ("risk_difference", "lower", "upper", "p_adjusted")
        estimate, lower, upper, p_adjusted = (float(found[name].iloc[0]) for name in names)
    elif runs and reference_runs:
        # no run of either arm failed: the difference is zero, and each risk is bounded
        limits = rates[(rates["normalization"] == level) & (rates["cell"] == ALL_CELLS)]
        upper_of = limits.set_index("scheme")["upper"].astype(float)
        estimate, lower, upper = 0.0, -float(upper_of[reference]), float(upper_of[scheme])
    different = p_adjusted <= alpha
    if not different:  # the interval is that of a single contrast, the decision the family's
        lower, upper = min(lower, 0.0), max(upper, 0.0)
    evidence = Evidence(
        outcome=Outcome.FAILURE,
        normalization=level,
        scheme=scheme,
        reference=reference,
        estimate=estimate,
        lower=lower,
        upper=upper,
        null=0.0,
        margin_lower=NAN,
        margin_upper=NAN,
        different=different,
        p_equivalence_adjusted=NAN,
        alpha=alpha,
        higher_is_better=False,
        seeds=runs,
        runs=runs,
        reference_runs=reference_runs,
        failed=failed,
        reference_failed=reference_failed,
    )
    return evidence, p_adjusted
