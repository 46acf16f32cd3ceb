"""How the effects of a study's conditions go together, seed by seed.

    PYTHONPATH=workflow/scripts python bench/statistics/shared_starts.py

Of every published study with several conditions at one learning rate and normalisation, the
correlation over seeds of a scheme's difference from the reference, of each two conditions in which
at least eight seeds have a pair of runs that trained. The mean over pairs is printed, with the
factors that tell the conditions apart. `biasinit.statistics.synthesis.conditions.independent` takes
those that differ in the optimiser alone as one.
"""

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from biasinit.statistics.inference.study_runs import read_runs, treatments
from biasinit.statistics.synthesis.effects import SETTING
from biasinit.study.definitions import definitions_of
from biasinit.study.plan import read_registration

MEASURED = Path(__file__).parents[2] / "docs" / "measured"
FEWEST_SEEDS = 8


def correlations(runs: pd.DataFrame, reference: str, factors: list[str]) -> Iterator[float]:
    """Yield the correlation of each pair of conditions, of each scheme at each learning rate."""
    for _, part in runs.groupby(["normalization", "learning_rate"]):
        wide = part.pivot_table(index="seed", columns=["scheme", *factors], values="final_accuracy")
        there = wide.columns.get_level_values("scheme")
        for scheme in sorted(set(there) - {reference}) if reference in there else []:
            effects = (wide[scheme] - wide[reference]).dropna(axis=1, how="all")
            for first, second in itertools.combinations(effects.columns, 2):
                both = effects[[first, second]].dropna()
                if len(both) >= FEWEST_SEEDS and (both.std() > 0).all():
                    yield float(both.corr().iloc[0, 1])


def main() -> int:
    """Print a table of mean correlations."""
    print("| study | conditions differ in | pairs | mean correlation |\n| --- | --- | --- | --- |")
    for folder in sorted(path.parent for path in MEASURED.glob("*/plan.json")):
        study = definitions_of(read_registration(folder).plan["plan"]["study"])
        runs = treatments(read_runs(pd.read_parquet(folder / "runs.parquet")))
        trained = runs[~runs["failed"].astype(bool)]
        factors = [name for name in SETTING if trained[name].nunique() > 1]
        found = list(correlations(trained, study.reference, factors)) if factors else []
        if found:
            print(f"| {folder.name} | {', '.join(factors)} | {len(found)} | {np.mean(found):.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
