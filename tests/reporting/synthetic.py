"""Seeded synthetic tables of a study: the declared columns, and plausible numbers."""

import math

import numpy as np
import pandas as pd

from biasinit.analyses.index import all_analyses
from biasinit.quantities import PROBED_QUANTITIES
from biasinit.reporting.facts import StudyFacts, facts_of
from biasinit.statistics.inference.study_runs import cell_labels
from biasinit.study.reading import parse_study
from declared_tables import DECLARED

LEVELS = ("none", "batchnorm_shift")
TUNED = "tuned"
LAYERS = ("conv1", "conv2", "fc1", "output")
THREAD = ("zeros", "0.01", "1.0", "xavier")


def cell_name(study, cell):
    """Return the name that the analysis tables give to a cell."""
    cells = pd.DataFrame([item.levels for item in study.cells])
    return cell_labels(cells).iloc[study.cells.index(cell)]


def make_study(schemes=THREAD, *, learning_rates=(0.02, 0.005), seeds=20, name="synthetic"):
    """Return the facts of a study with these schemes and learning rates."""
    study = parse_study(
        {
            "study": name,
            "study_seed": 1,
            "seeds": seeds,
            "seeds_per_shard": seeds,
            "schemes": [{"name": scheme, "kind": "constant", "value": 0.5} for scheme in schemes],
            "reference": schemes[0],
            "replicate": schemes[0],
            "normalizations": ["none", "batchnorm_shift", "batchnorm"],
            "datasets": [{"name": "digits", "train": 960, "validation": 240, "test": 597}],
            "architectures": ["small_cnn"],
            "weight_inits": ["he"],
            "optimizers": [{"name": "sgd"}],
            "learning_rates": list(learning_rates),
            "training": {"epochs": 12, "batch_size": 32},
            "analysis": {"thresholds": {"digits": 95.0}, "margins": {"digits": 0.5}},
        }
    )
    return facts_of(study)


def make_tables(
    facts: StudyFacts, *, failing=("1.0",), all_failed=False, layers=LAYERS, seed=1
) -> dict[str, pd.DataFrame]:
    """Return every table of the study.

    ``failing`` schemes lose a fifth of their runs without batch normalisation; the others
    cycle through equivalent, inconclusive, worse and negligible effects.
    """
    study = parse_study(facts.keys)
    rng = np.random.default_rng(seed)
    names = [scheme.name for scheme in study.schemes]
    others = names[1:]
    runs = _runs(study, names, failing, all_failed, rng)
    verdicts = _verdicts(study, others, failing, all_failed, rng)
    tables = {
        "runs": runs,
        "verdicts": verdicts,
        "accuracy_means": _means(study, names, all_failed, rng),
        "accuracy_contrasts": _accuracy_contrasts(study, verdicts),
        "accuracy_model": _model(others),
        "speed_means": _means(study, names, all_failed, rng, speed=True),
        "speed_contrasts": _speed_contrasts(study, verdicts),
        "failure_rates": _failure_rates(study, names, failing, all_failed),
        "failure_contrasts": _failure_contrasts(study, others, failing),
        "identity": pd.DataFrame(
            [
                {
                    "cell": cell_name(study, cell),
                    "scheme": scheme,
                    "reference": names[0],
                    "seeds": study.seeds,
                    "mean_accuracy_difference": 0.01,
                    "largest_accuracy_difference": round(float(rng.choice([0.0, 0.0, 0.1675])), 4),
                    "share_identical_predictions": 1 - float(rng.choice([0.0, 1e-4, 3e-4])),
                    "margin": 0.5,
                    "fails": False,
                }
                for cell in study.cells
                for scheme in others
            ]
        ),
        "replicate": _replicate(study, rng),
        "pairing": pd.DataFrame(
            [
                {
                    "normalization": level,
                    "cell": cell_name(study, cell),
                    "scheme": scheme,
                    "reference": names[0],
                    "seeds": study.seeds,
                    "weights_equal": True,
                    "orders_equal": True,
                    "correlation": 0.35,
                    "variance_gain": 1.5,
                }
                for level in LEVELS
                for cell in study.cells
                for scheme in others
            ]
        ),
        "layer_means": _layers(names, study, layers),
        "twin_means": _twins(names, study),
        "curve_means": _curves(study, names, failing, all_failed),
        "jobs": pd.DataFrame(
            {
                **study.cells[0].levels,
                "normalization": list(LEVELS),
                "scheme": names[0],
                "first_seed": 0,
                "runs": study.seeds,
                "duration_seconds": [12.5, 13.5],
                "evaluation_seconds": 1.5,
                "compiling_seconds": 0.0,
                "engine": "eager",
                "width": 20,
                "device": "cpu",
                "memory_mib": 400.0,
                "device_memory_mib": 0.0,
                "host": "h",
                "torch_version": "2.13.0",
                "python_version": "3.11.2",
                "threads": 1,
            }
        ),
    }
    if len({cell.learning_rate for cell in study.cells}) > 1:
        tables[TUNED] = _tuned(study, verdicts)
    tables["accuracy_residuals"] = _residuals(rng)
    tables["accuracy_power"] = _power(others, names[0], study.seeds)
    early = verdicts["outcome"].isin(["speed", "not reached"])
    tables["early_verdicts"] = verdicts[early].reset_index(drop=True)
    tables["level_contrasts"] = _level_contrasts(study, names, all_failed, rng)
    tables["sensitivity"] = _sensitivity(verdicts)
    tables["calibration"] = CALIBRATION
    tables["costs"] = COSTS
    made = {name: _as_declared(name, frame) for name, frame in tables.items()}
    return made | dict(_of_other_tables(made))


def _model(others):
    nothing = {"level": "", "cell": "", "note": ""}
    nothing |= dict.fromkeys(("standard_error", "lower", "upper", "p"), math.nan)
    rows = []
    for level in LEVELS:
        found = {"variance of blocks": 0.041, "residual SD": 0.44, "log-likelihood": -312.4}
        rows += [
            nothing | {"normalization": level, "quantity": quantity, "value": value}
            for quantity, value in found.items()
        ]
        rows += [
            {"normalization": level, "quantity": "contrast, statsmodels MixedLM", "level": scheme,
             "cell": ALL, "value": 0.03, "standard_error": 0.07, "lower": -0.11, "upper": 0.17,
             "p": 0.67, "note": "reached the same optimum"}
            for scheme in others
        ]  # fmt: skip
    return pd.DataFrame(rows, columns=DECLARED["accuracy_model"].column_names)


def _of_other_tables(tables):
    """Yield what analyses make of other tables alone, without a key of the plan."""
    for analysis in all_analyses():
        if not analysis.plan and not {table.name for table in analysis.makes} & set(tables):
            yield from analysis.run(tables, {}).items()


def _as_declared(name, frame):
    """Return a table as it is, when it has the declared columns; one without rows has those."""
    rows = frame if len(frame.columns) else pd.DataFrame(columns=DECLARED[name].column_names)
    return DECLARED[name].checked(rows.reset_index(drop=True))


def _residuals(rng):
    normal = np.linspace(-2.5, 2.5, 41)
    observed = np.sort(normal + rng.normal(0, 0.05, 41))
    observed[-1] = 4.25  # an outlier
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "normalization": level,
                    "normal": normal,
                    "observed": observed,
                    "expected": normal,
                    "lower": normal - 0.5,
                    "upper": normal + 0.5,
                }
            )
            for level in LEVELS
        ]
    )


def _power(schemes, reference, seeds):
    numbers = np.array(sorted({6, 12, 25, 50, 100, 200, seeds}))
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "normalization": level,
                    "scheme": scheme,
                    "reference": reference,
                    "seeds": numbers,
                    "power": 1 - np.exp(-numbers / (20 + 10 * place)),
                    "wanted": 0.8,
                    "present": numbers == seeds,
                }
            )
            for level in LEVELS
            for place, scheme in enumerate(schemes)
        ]
        or [pd.DataFrame()]
    )


def _failures(scheme, level, failing, all_failed, runs):
    if all_failed:
        return runs
    return runs // 5 if scheme in failing and level == "none" else 0


def _runs(study, names, failing, all_failed, rng):
    rows = []
    for level in (*LEVELS, "batchnorm"):
        for cell in study.cells:
            for scheme in names:
                lost = _failures(scheme, level, failing, all_failed, study.seeds)
                for seed in range(study.seeds):
                    failed = seed < lost
                    accuracy = 10.0 if failed else min(98.4 + 0.45 * rng.standard_normal(), 100)
                    rows.append(
                        {
                            "study": study.study,
                            "normalization": level,
                            **cell.levels,
                            "scheme": scheme,
                            "seed": seed,
                            "shard": 0,
                            "final_accuracy": accuracy,
                            "failed": failed,
                            "failure_kind": "never learned" if failed else "none",
                            "reached": not failed,
                            "restricted_epochs": 12.0 if failed else 3.5,
                        }
                    )
    return pd.DataFrame(rows)


_KINDS = {
    "equivalent": (0.02, 0.16, math.nan),
    "worse beyond the margin": (-0.93, 0.30, math.nan),
    "worse": (-0.61, 0.40, math.nan),
    "inconclusive": (-0.31, 0.34, 45.0),
    "different but negligible": (0.21, 0.12, math.nan),
    "not estimable": (math.nan, math.nan, math.nan),
}
_CYCLE = {
    "none": ("equivalent", "inconclusive", "equivalent", "different but negligible"),
    "batchnorm_shift": ("equivalent", "inconclusive", "worse", "different but negligible"),
}
ALL, OWN_BEST = "all", "own best learning rate"


def _verdicts(study, others, failing, all_failed, rng):
    """Return all verdicts: where runs are lost, the effect depends on the learning rate."""
    rows = []
    cells = [cell_name(study, cell) for cell in study.cells]
    for level in LEVELS:
        for place, scheme in enumerate(others):
            lost = _failures(scheme, level, failing, all_failed, study.seeds)
            kind = _CYCLE[level][place % 4]
            row = _Row(study, level, scheme, lost, all_failed, cells, place, rng)
            rows += row.of_accuracy("not estimable" if all_failed else kind)
            rows += row.of_speed()
            rows += row.of_failure()
            rows += row.of_others()
    rows += [_changed_effect(study, scheme) for scheme in others]
    return pd.DataFrame(rows, columns=DECLARED["verdicts"].column_names)


class _Row:
    """The rows of one scheme at one normalisation."""

    def __init__(self, study, level, scheme, lost, all_failed, cells, place, rng):
        self.study, self.lost, self.all_failed = study, lost, all_failed
        self.cells, self.place, self.rng = cells, place, rng
        self.depends = bool(lost) and not all_failed and len(cells) > 1
        # one collapsed run, of the third scheme with batch normalisation
        self.collapsed = int(place == 2 and level != "none" and not all_failed)
        self.names = {"normalization": level, "scheme": scheme, "reference": study.reference}

    def _common(self, cell):
        runs = self.study.seeds * (len(self.cells) if cell == ALL else 1)
        lost = 0 if cell == OWN_BEST else self.lost * (len(self.cells) if cell == ALL else 1)
        return self.names | {
            "cell": cell,
            "conditions": len(self.cells) if cell == ALL else 1,
            "headline": "",
            "level": 95.0,
            "interval": "difference",
            "depends_on": "learning_rate" if self.depends and cell == ALL else "",
            "fragile": self.place == 2,
            "seeds": self.study.seeds - self.lost,
            "runs": runs,
            "reference_runs": runs,
            "failed": lost,
            "reference_failed": runs if self.all_failed else 0,
            "collapsed": self.collapsed if cell in (ALL, self.cells[0]) else 0,
            "reference_collapsed": 0,
            "stray": 0,
            "reference_stray": 0,
        }

    def of_accuracy(self, kind):
        cells = [ALL, *(self.cells if len(self.cells) > 1 else [])]
        rates = {cell.learning_rate for cell in self.study.cells}
        cells += [OWN_BEST] if len(rates) > 1 else []
        shift = round(float(self.rng.normal(0, 0.01)), 3)
        return [self._accuracy(cell, self._kind(kind, cell), shift) for cell in cells]

    def _kind(self, kind, cell):
        if self.lost and not self.all_failed:
            beyond = "worse beyond the margin"
            if not self.depends:
                return beyond
            return {ALL: "depends", self.cells[0]: beyond, OWN_BEST: "worse"}.get(
                cell, "inconclusive"
            )
        return kind

    def _accuracy(self, cell, kind, shift):
        estimate, half, needed = _KINDS[kind if kind != "depends" else "worse"]
        estimate = estimate + shift - (3.07 if self.lost and cell == self.cells[0] else 0)
        estimate += round(float(self.rng.normal(0, 0.004)), 3)
        lower, upper = estimate - half, estimate + half
        if kind == "depends":
            lower = upper = math.nan
        decided = {"interval": "equivalence", "level": 90.0} if kind == "equivalent" else {}
        return (
            self._common(cell)
            | decided
            | {
                "outcome": "accuracy",
                "verdict": kind,
                "estimate": estimate,
                "lower": lower,
                "upper": upper,
                "unit": "points",
                "better": "higher",
                "metric": "test accuracy",
                "margin_lower": -0.5,
                "margin_upper": 0.5,
                "p_adjusted": 0.003 if kind.startswith("worse") else 0.4,
                "p_equivalence_adjusted": 0.004 if kind == "equivalent" else 0.3,
                "p_below": 0.02,
                "p_inside": 0.97,
                "p_above": 0.01,
                "smallest_margin": abs(estimate) + half,
                "seeds_needed": needed,
                "seeds_needed_low": needed - 16,
                "seeds_needed_high": needed + 39,
                "undetected": 0.2487 if self.collapsed else 0.1684,
                "seeds_trained": 20,
            }
        )

    def of_speed(self):
        slow = bool(self.lost)
        verdict = "worse beyond the margin" if slow else "equivalent"
        ratio = math.nan if self.all_failed else (1.46 if slow else 1.03)
        cells = [ALL, *(self.cells if len(self.cells) > 1 else [])]
        return [
            self._common(cell)
            | {
                "outcome": "speed",
                "depends_on": "",
                "verdict": "not estimable" if self.all_failed else verdict,
                "estimate": ratio,
                "lower": ratio / 1.12,
                "upper": ratio * 1.12,
                "interval": "difference" if slow else "equivalence",
                "level": 95.0 if slow else 90.0,
                "unit": "ratio",
                "better": "lower",
                "metric": "",
                "margin_lower": 0.8,
                "margin_upper": 1.25,
                "p_adjusted": 0.002 if slow else 0.5,
                "p_equivalence_adjusted": 0.9 if slow else 0.003,
                "p_inside": 0.01 if slow else 0.99,
                "smallest_margin": 1.15,
            }
            for cell in cells
        ]

    def of_failure(self):
        cells = [ALL, *(self.cells if len(self.cells) > 1 else [])]
        share = self.lost / self.study.seeds
        verdict = "not estimable" if self.all_failed else "worse" if self.lost else "none seen"
        bound = math.nan if self.all_failed else 0.1
        return [
            self._common(cell)
            | {
                "outcome": "failure",
                "depends_on": "",
                "verdict": verdict,
                "estimate": math.nan if self.all_failed else share,
                "lower": share - bound,
                "upper": share + bound,
                "unit": "share of seeds",
                "better": "lower",
                "metric": "",
                "p_adjusted": 0.008 if self.lost else math.nan,
                "events": self.lost,
                "reference_events": self.study.seeds if self.all_failed else 0,
                "seeds": self.study.seeds,
            }
            for cell in cells
        ]

    def of_others(self):
        """Return the rows on collapse and on the threshold."""
        seen = {"collapse": self.collapsed, "not reached": self.lost}
        return [
            self._common(ALL)
            | {
                "outcome": outcome,
                "depends_on": "",
                "verdict": "inconclusive" if count else "none seen",
                "estimate": count / self.study.seeds,
                "lower": count / self.study.seeds - 0.12,
                "upper": count / self.study.seeds + 0.12,
                "unit": "share of seeds",
                "better": "lower",
                "metric": "",
                "events": count,
                "reference_events": 0,
                "seeds": self.study.seeds,
            }
            for outcome, count in seen.items()
        ]


def _changed_effect(study, scheme):
    return {
        "outcome": "interaction",
        "normalization": "batchnorm_shift - none",
        "scheme": scheme,
        "reference": study.reference,
        "cell": ALL,
        "conditions": len(study.cells),
        "verdict": "inconclusive",
        "headline": "",
        "estimate": 0.12,
        "lower": -0.40,
        "upper": 0.64,
        "level": 95.0,
        "interval": "difference",
        "unit": "points",
        "better": "higher",
        "metric": "test accuracy",
        "margin_lower": -0.5,
        "margin_upper": 0.5,
        "p_adjusted": 0.6,
        "p_equivalence_adjusted": 0.09,
        "p_inside": 0.88,
        "fragile": False,
        "depends_on": "",
        "smallest_margin": 0.58,
        "seeds": study.seeds,
        "seeds_needed": 32.0,
        "seeds_needed_low": 20.0,
        "seeds_needed_high": 61.0,
        "failed": 0,
        "reference_failed": 0,
        "collapsed": 0,
        "reference_collapsed": 0,
    }


def _means(study, names, all_failed, rng, *, speed=False):
    rows = []
    for level in LEVELS:
        for scheme in names:
            centre = (3.4 if speed else 98.4) + float(rng.normal(0, 0.1))
            if all_failed:
                centre = math.nan
            rows.append(
                {
                    "normalization": level,
                    "scheme": scheme,
                    "estimate": centre,
                    "standard_error": 0.08,
                    "df": 150.2,
                    "lower": centre - 0.16,
                    "upper": centre + 0.16,
                    "runs": len(study.cells) * study.seeds,
                    "reached" if speed else "failed": 0,
                }
            )
    return pd.DataFrame(rows)


def _contrast_row(study, verdict):
    """Return the contrast that a verdict rests on."""
    estimate = verdict["estimate"]
    known = math.isfinite(verdict.get("lower", math.nan))
    half = (verdict["upper"] - verdict["lower"]) / 2 if known else 0.4
    lost = verdict.get("failed", 0) + verdict.get("reference_failed", 0) > 0
    return {
        "family": verdict["outcome"],
        "normalization": verdict["normalization"],
        "scheme": verdict["scheme"],
        "reference": study.reference,
        "cell": verdict["cell"],
        "basis": "seeds where both trained" if lost else "all seeds",
        "seeds": verdict["seeds"],
        "estimate": estimate,
        "standard_error": half / 2.6,
        "df": 19.0,
        "t": 2.6 * estimate / half,
        "p": verdict["p_adjusted"] / 3,
        "lower": estimate - 0.8 * half,
        "upper": estimate + 0.8 * half,
        "p_adjusted": verdict["p_adjusted"],
        "simultaneous_lower": estimate - 1.1 * half,
        "simultaneous_upper": estimate + 1.1 * half,
        "margin": verdict["margin_upper"],
        "p_equivalence": 0.01,
        "p_equivalence_adjusted": verdict["p_equivalence_adjusted"],
        "equivalence_level": 90.0,
        "equivalence_lower": estimate - half,
        "equivalence_upper": estimate + half,
        "smallest_margin": verdict["smallest_margin"],
        "identical": False,
        "skewness": -0.4,
        "skewed": False,
        "homogeneity_p": 0.4 if verdict["cell"] == ALL else math.nan,
        "without_collapsed": estimate,
        "without_collapsed_lower": estimate - 0.8 * half,
        "without_collapsed_upper": estimate + 0.8 * half,
        "mixed_estimate": estimate,
        "mixed_standard_error": half / 2.5,
        "mixed_df": 150.0,
        "mixed_p": 0.01,
        "mixed_p_adjusted": 0.03,
        "mixed_scheme_by_cell_p": 0.3,
        "fragile": verdict["fragile"],
    }


def _accuracy_contrasts(study, verdicts):
    kept = verdicts[verdicts["outcome"].isin(["accuracy", "interaction"])]
    kept = kept[kept["cell"] != OWN_BEST]
    return pd.DataFrame([_contrast_row(study, verdict) for verdict in kept.to_dict("records")])


def _tuned(study, verdicts):
    rows = []
    for verdict in verdicts[verdicts["cell"] == OWN_BEST].to_dict("records"):
        row = _contrast_row(study, verdict) | {
            "learning_rates": "0.005" if verdict["verdict"] == "worse" else "0.02",
            "reference_learning_rates": "0.02",
            "at_edge": "lowest" if verdict["verdict"] == "worse" else "",
            "reference_at_edge": "",
            "pairs": 20.0,
            "set_apart": 0,
            "failed": 0,
            "reference_failed": 0,
            "collapsed": 0,
            "reference_collapsed": 0,
            "stray": 0,
            "reference_stray": 0,
            "seeds_trained": 20,
            "seeds_collapsed": 0,
        }
        rows.append(row)
    names = DECLARED[TUNED].column_names
    return pd.DataFrame(
        [{n: row.get(n, "" if n == "at_edge" else None) for n in names} for row in rows],
        columns=names,
    )


def _level_contrasts(study, names, all_failed, rng):
    """Return a comparison of learning rates, or of weights, for the first two schemes."""
    rows = []
    for level in LEVELS:
        for scheme in names[:2]:
            estimate = math.nan if all_failed else float(rng.normal(0.2, 0.2))
            rows.append(
                {
                    "normalization": level,
                    "scheme": scheme,
                    "reference": "",
                    "factor": "weight_init",
                    "level": "pytorch",
                    "against": "he",
                    "cell": ALL,
                    "basis": "all seeds",
                    "seeds": study.seeds,
                    "estimate": estimate,
                    "standard_error": 0.1,
                    "df": study.seeds - 1.0,
                    "t": estimate / 0.1,
                    "p": 0.1,
                    "lower": estimate - 0.2,
                    "upper": estimate + 0.2,
                    "p_adjusted": 0.2,
                    "simultaneous_lower": estimate - 0.25,
                    "simultaneous_upper": estimate + 0.25,
                    "margin": 0.5,
                    "p_equivalence": 0.04,
                    "p_equivalence_adjusted": 0.09,
                    "equivalence_level": 90.0,
                    "equivalence_lower": estimate - 0.2,
                    "equivalence_upper": estimate + 0.2,
                    "smallest_margin": 0.4,
                    "identical": False,
                    "skewness": 0.1,
                    "skewed": False,
                    "homogeneity_p": math.nan,
                    "runs": study.seeds,
                    "against_runs": study.seeds,
                    "failed": 0,
                    "against_failed": 0,
                    "conditions": 1,
                    "verdict": "not estimable" if all_failed else "inconclusive",
                    "depends_on": "",
                    "printed_lower": estimate - 0.25,
                    "printed_upper": estimate + 0.25,
                    "printed_level": 95.0,
                    "printed_interval": "difference",
                    "fragile": False,
                    "p_below": 0.0,
                    "p_inside": 0.9,
                    "p_above": 0.1,
                    "seeds_needed": math.nan if all_failed else 34.0,
                    "seeds_needed_low": math.nan if all_failed else 27.0,
                    "seeds_needed_high": math.nan if all_failed else 51.0,
                    "unit": "points",
                    "better": "higher",
                    "metric": "test accuracy",
                }
            )
    return pd.DataFrame(rows)


def _speed_contrasts(study, verdicts):
    rows = []
    for verdict in verdicts[verdicts["outcome"] == "speed"].to_dict("records"):
        base = _contrast_row(study, verdict)
        for column in [c for c in base if c.startswith(("mixed_", "without_")) or c == "margin"]:
            del base[column]
        ratio = verdict["estimate"]
        log = math.log(ratio) if math.isfinite(ratio) else math.nan
        rows.append(
            base
            | {
                "estimate": log,
                "lower": log - 0.1,
                "upper": log + 0.1,
                "ratio": ratio,
                "ratio_lower": ratio / 1.1,
                "ratio_upper": ratio * 1.1,
                "ratio_simultaneous_lower": ratio / 1.15,
                "ratio_simultaneous_upper": ratio * 1.15,
                "ratio_equivalence_lower": verdict["lower"],
                "ratio_equivalence_upper": verdict["upper"],
                "ratio_smallest_margin": 1.15,
                "margin_lower": 0.8,
                "margin_upper": 1.25,
                "restricted_ratio": ratio,
                "restricted_lower": ratio / 1.2,
                "restricted_upper": ratio * 1.2,
                "hazard_ratio": 1 / ratio,
                "hazard_lower": 0.9 / ratio,
                "hazard_upper": 1.1 / ratio,
                "hazard_p": 0.01,
                "hazard_p_adjusted": 0.03,
            }
        )
    return pd.DataFrame(rows, columns=DECLARED["speed_contrasts"].column_names)


def _failure_rates(study, names, failing, all_failed):
    rows = []
    for level in LEVELS:
        for cell in ("all", *(cell_name(study, cell) for cell in study.cells)):
            count = study.seeds * (len(study.cells) if cell == "all" else 1)
            for scheme in names:
                lost = _failures(scheme, level, failing, all_failed, count)
                rate = lost / count
                rows.append(
                    {
                        "normalization": level,
                        "cell": cell,
                        "scheme": scheme,
                        "runs": count,
                        "failed": lost,
                        "diverged": 0,
                        "never_learned": lost,
                        "collapsed": 0,
                        "stray": 0,
                        "seeds": study.seeds,
                        "seeds_failed": _failures(scheme, level, failing, all_failed, study.seeds),
                        "rate": rate,
                        "lower": max(rate - 0.1, 0.0),
                        "upper": min(rate + 0.1, 1.0),
                    }
                )
    return pd.DataFrame(rows)


def _failure_contrasts(study, others, failing):
    return pd.DataFrame(
        [
            {
                "event": "failed",
                "normalization": "none",
                "cell": cell,
                "scheme": scheme,
                "reference": study.reference,
                "pairs": study.seeds,
                "scheme_events": study.seeds // 5,
                "reference_events": 0,
                "only_scheme": study.seeds // 5,
                "only_reference": 0,
                "risk_difference": 0.2,
                "lower": 0.04,
                "upper": 0.4,
                "p": 0.03,
                "p_adjusted": 0.04,
                "homogeneity_p": math.nan,
            }
            for cell in (ALL, *(cell_name(study, cell) for cell in study.cells))
            for scheme in others
            if scheme in failing
        ],
        columns=DECLARED["failure_contrasts"].column_names,
    )


def _replicate(study, rng):
    rows = []
    for level in LEVELS:
        verdict = {
            "outcome": "accuracy",
            "normalization": level,
            "scheme": study.replicate_name,
            "seeds": study.seeds,
            "estimate": float(rng.normal(0, 0.05)),
            "p_adjusted": 0.6,
            "p_equivalence_adjusted": 0.001,
            "smallest_margin": 0.2,
            "fragile": False,
            "margin_upper": 0.5,
        }
        verdict |= {"lower": verdict["estimate"] - 0.15, "upper": verdict["estimate"] + 0.15}
        for cell in ("all", *(cell_name(study, cell) for cell in study.cells)):
            rows.append(_contrast_row(study, verdict | {"cell": cell}))
    return pd.DataFrame(rows, columns=DECLARED["replicate"].column_names)


def _layers(names, study, layers):
    rows = []
    for level in LEVELS:
        for place, scheme in enumerate(names):
            for when in ("start", "epoch 1", "end"):
                for depth, layer in enumerate(layers):
                    for quantity in PROBED_QUANTITIES:
                        value = 0.5 + 0.02 * (place % 8) * (depth + 1) / 4
                        rows.append(
                            {
                                "normalization": level,
                                "scheme": scheme,
                                "when": when,
                                "layer": layer,
                                "quantity": quantity,
                                "estimate": value,
                                "lower": value - 0.02,
                                "upper": value + 0.02,
                                "runs": study.seeds * len(study.cells),
                                "predicted": math.nan,
                            }
                        )
    return pd.DataFrame(rows)


def _twins(names, study):
    rows = []
    for number, architecture in enumerate(("shared", "biases-untied")):
        for level in LEVELS:
            for place, scheme in enumerate(names):
                for when, grown in (("start", 0.0), ("end", 1.0)):
                    for quantity, scale in (("asymmetry", 1.0), ("bias_distance", 2.0)):
                        if quantity == "bias_distance" and architecture == "shared":
                            continue
                        value = number * scale * (0.3 * grown + 0.05 * place)
                        rows.append(
                            {
                                "architecture": architecture,
                                "normalization": level,
                                "scheme": scheme,
                                "when": when,
                                "quantity": quantity,
                                "estimate": value,
                                "lower": value * 0.9,
                                "upper": value * 1.1,
                                "runs": study.seeds,
                            }
                        )
    return pd.DataFrame(rows)


def _curves(study, names, failing, all_failed):
    epochs = [*(np.arange(0, 33) / 4), 9.0, 10.0, 11.0, 12.0]
    rows = []
    for level in LEVELS:
        for cell in ("all", *(cell_name(study, cell) for cell in study.cells)):
            for place, scheme in enumerate(names):
                slow = 1.5 if scheme in failing and level == "none" else 1 + 0.02 * (place % 5)
                for epoch in epochs:
                    accuracy = 98.4 - 88.4 * math.exp(-1.1 * epoch / slow)
                    share = 1 / (1 + math.exp(-3 * (epoch / slow - 3)))
                    if all_failed:
                        accuracy, share = 10.0, 0.0
                    rows.append(
                        {
                            "normalization": level,
                            "cell": cell,
                            "scheme": scheme,
                            "epoch": float(epoch),
                            "validation_accuracy": accuracy,
                            "lower": accuracy - 0.8,
                            "upper": accuracy + 0.8,
                            "band_lower": accuracy - 1.6,
                            "band_upper": accuracy + 1.6,
                            "share_reached": round(share * study.seeds) / study.seeds,
                            "runs": study.seeds,
                        }
                    )
    return pd.DataFrame(rows)


PLAN = {
    "registered_at": "2026-11-23T17:00:00+00:00",
    "sha256": "c0ffee" * 10 + "beef",
    "plan": {
        "study": {"seeds": 20, "analysis": {"alpha": 0.05}},
        "rules": {"exclusions": "none; failed runs are kept"},
    },
}


def _sensitivity(verdicts):
    """Return a few specifications of every accuracy verdict, the first registered."""
    rows = []
    accuracy = verdicts[verdicts["outcome"] == "accuracy"]
    for verdict in accuracy.to_dict("records"):
        for place, analysis in enumerate(("sign flips", "per-seed t", "mixed model, SD per arm")):
            for scale in ("points", "log-error"):
                rows.append(
                    {
                        "outcome": "accuracy",
                        "normalization": verdict["normalization"],
                        "scheme": verdict["scheme"],
                        "reference": verdict["reference"],
                        "measure": "last epoch",
                        "scale": scale,
                        "failures": "set apart",
                        "analysis": analysis,
                        "weights": "equal",
                        "threshold_offset": 0,
                        "estimate": verdict["estimate"] + 0.01 * place,
                        "lower": verdict["lower"],
                        "upper": verdict["upper"],
                        "p": 0.2,
                        "p_adjusted": 0.5,
                        "decision": "lower" if verdict["verdict"] == "worse" else "open",
                        "registered": place == 0 and scale == "points",
                    }
                )
    return pd.DataFrame(rows)


CALIBRATION = pd.DataFrame(
    [
        {
            "experiment": experiment,
            "quantity": quantity,
            "rate": rate,
            "lower": rate - 0.01,
            "upper": rate + 0.01,
            "band_lower": band[0],
            "band_upper": band[1],
            "within_band": True,
            "tables": 1000,
        }
        for experiment, quantity, rate, band in (
            ("relabelled runs", "any rejection, accuracy", 0.046, (math.nan, math.nan)),
            ("simulated runs", "type I error, accuracy", 0.048, (0.0, 0.06)),
            ("simulated runs", "coverage of 95 % intervals", 0.951, (0.935, 0.965)),
        )
    ]
)


DEVIATION = {
    "time": "2026-11-24T09:00:00+00:00",
    "sha256": "beef" * 16,
    "kind": "changed analysis",
    "changes": [{"key": "study.analysis.margins.digits", "registered": 0.5, "now": 0.4}],
}
PROVENANCE = {
    "versions": {"python": "3.11.2", "torch": "2.13.0", "statsmodels": "0.15.0"},
    "hardware": {"cpu": "2 cores"},
    "git_revision": "0123abcd",
    "cost": {"training_hours": 0.08},
}


COSTS = pd.DataFrame(
    [
        ("train", "zeros", 6, 120, 600.0, 500.0, 0.0, 380.0, 40.0, 400.0, 0.0),
        ("train", "1.0", 6, 120, 1200.0, 1000.0, 900.0, 770.0, 10.0, 410.0, 5000.0),
        ("train", "all", 12, 240, 1800.0, 1500.0, 900.0, 1150.0, 50.0, 410.0, 5000.0),
        ("calibrate", "all", 1, 0, 180.0, 150.0, 0.0, 0.0, 0.0, 900.0, 0.0),
        ("prepare_data", "all", 1, 0, 20.0, 10.0, 0.0, 0.0, 0.0, 200.0, 0.0),
        ("all", "all", 14, 240, 2000.0, 1660.0, 900.0, 1150.0, 50.0, 900.0, 5000.0),
    ],
    columns=DECLARED["costs"].column_names,
)
