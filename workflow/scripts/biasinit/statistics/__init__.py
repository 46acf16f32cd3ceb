"""Statistics of a table of runs: models, contrasts, equivalence, survival, verdicts.

Knows nothing of training. The functions ``analyse_*``, ``check_controls``, ``summarise_*``
and ``judge_claims`` take and return the tables of docs/tables.md, one function for each rule of
the workflow; the others answer one question about one table.
"""

from biasinit.statistics.accuracy import AccuracyAnalysis, analyse_accuracy
from biasinit.statistics.calibration import calibrate
from biasinit.statistics.claims import judge_claims
from biasinit.statistics.controls import ControlChecks, check_controls
from biasinit.statistics.cox import CoxFit, stratified_cox
from biasinit.statistics.engine_comparison import EngineComparison, compare_with_statsmodels
from biasinit.statistics.estimates import Contrast, Equivalence, JointTest
from biasinit.statistics.failure import FailureAnalysis, analyse_failure, failure_contrasts
from biasinit.statistics.hazard import HazardFit, discrete_hazard
from biasinit.statistics.incidence import cumulative_incidence
from biasinit.statistics.influence import influence
from biasinit.statistics.layer_summary import summarise_layers
from biasinit.statistics.level_contrasts import LevelQuestion, compare_levels
from biasinit.statistics.mixed import fit_mixed
from biasinit.statistics.mixed_fit import MixedFit
from biasinit.statistics.new_test_set import new_test_set_intervals
from biasinit.statistics.paired import paired_contrasts
from biasinit.statistics.pairing import pairing_audit
from biasinit.statistics.planning import SeedsNeeded, seeds_needed
from biasinit.statistics.residual_checks import residual_checks, residual_quantiles
from biasinit.statistics.restricted_mean import RestrictedMeanContrast, restricted_mean_contrast
from biasinit.statistics.sensitivity import sensitivity
from biasinit.statistics.speed import SpeedAnalysis, analyse_speed
from biasinit.statistics.spread import SpreadAnalysis, spread_contrasts
from biasinit.statistics.tuned_rates import tuned_contrasts
from biasinit.statistics.twins import summarise_twins
from biasinit.statistics.verdicts import Evidence, Judgement, Verdict, judge

__all__ = [
    "AccuracyAnalysis",
    "Contrast",
    "ControlChecks",
    "CoxFit",
    "EngineComparison",
    "Equivalence",
    "Evidence",
    "FailureAnalysis",
    "HazardFit",
    "JointTest",
    "Judgement",
    "LevelQuestion",
    "MixedFit",
    "RestrictedMeanContrast",
    "SeedsNeeded",
    "SpeedAnalysis",
    "SpreadAnalysis",
    "Verdict",
    "analyse_accuracy",
    "analyse_failure",
    "analyse_speed",
    "calibrate",
    "check_controls",
    "compare_levels",
    "compare_with_statsmodels",
    "cumulative_incidence",
    "discrete_hazard",
    "failure_contrasts",
    "fit_mixed",
    "influence",
    "judge",
    "judge_claims",
    "new_test_set_intervals",
    "paired_contrasts",
    "pairing_audit",
    "residual_checks",
    "residual_quantiles",
    "restricted_mean_contrast",
    "seeds_needed",
    "sensitivity",
    "spread_contrasts",
    "stratified_cox",
    "summarise_layers",
    "summarise_twins",
    "tuned_contrasts",
]
