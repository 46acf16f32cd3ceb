"""The keys of the registered plan, from a study."""

from biasinit.analyses.contract import PlanKeys
from biasinit.study.model import ImportedStudy, Study

MOST_CALIBRATION_RESAMPLES = 2_000  # of each of hundreds of tables


def plan_keys(study: Study | ImportedStudy, questions: list[dict[str, str]]) -> PlanKeys:
    """Return what analyses are told of a study's plan.

    Args:
        study: whether it trains its runs or brings them.
        questions: comparisons between levels of a factor that claims ask of it.

    """
    analysis = study.analysis
    keys = PlanKeys(
        reference=study.reference,
        schemes=_schemes(study),
        replicate=study.replicate,
        epochs=study.training.epochs if isinstance(study, Study) else study.epochs,
        thresholds=dict(analysis.thresholds),
        margins=dict(analysis.margins),
        metric=study.measured.to_mapping(),
        speed_margin=analysis.speed_margin,
        collapse_points=analysis.collapse_points,
        alpha=analysis.alpha_at(study.seeds) if isinstance(study, Study) else analysis.alpha,
        resamples=analysis.resamples,
        analysis_seed=study.study_seed,
        calibration_tables=analysis.calibration_tables,
        calibration_resamples=min(analysis.resamples, MOST_CALIBRATION_RESAMPLES),
        calibration_effect=min(analysis.margins.values()),
        questions=questions,
    )
    if isinstance(study, Study):
        keys["architectures"] = [network.name for network in study.architectures]
        keys["test_images"] = {dataset.name: dataset.test for dataset in study.datasets}
    return keys


def _schemes(study: Study | ImportedStudy) -> list[str]:
    if isinstance(study, ImportedStudy):
        return list(study.schemes)
    return [scheme.name for scheme in study.schemes]
