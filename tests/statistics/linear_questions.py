"""What the references of R ask of a fitted model: coefficients, and differences of means."""

import itertools

import numpy as np
import pandas as pd

from biasinit.statistics.inference.multiplicity import holm


def coefficients(fit):
    """The t-test of each parameter, by its name."""
    tests = fit.tests(np.eye(len(fit.params)))
    return tests.set_index(fit.params.index)


def mean_differences(fit, factor, *, reference=None, by=(), crossed=None):
    """Tests of the differences of marginal means, as emmeans labels them, with Holm's p.

    All pairs, or with ``reference`` every other level minus it; within the levels of ``by``, or
    with ``crossed`` the difference of each difference between its later levels and its first.
    """
    wanted = [factor, *([crossed] if crossed else []), *by]
    grid, means = fit.grid(wanted)
    place = {levels: row for row, levels in enumerate(grid.itertuples(index=False, name=None))}
    pairs = [
        pair
        for pair in itertools.permutations(fit.factors[factor], 2)
        if (pair[1] == reference if reference else pair == tuple(sorted(pair)))
    ]
    levels = fit.factors[crossed] if crossed else ()
    labels, rows = [], []
    for key in itertools.product(*(fit.factors[name] for name in by)):
        for plus, minus in pairs:
            if not crossed:
                rows.append(means[place[plus, *key]] - means[place[minus, *key]])
                labels.append((f"{plus} - {minus}", *key))
            for late in levels[1:]:
                rows.append(
                    (means[place[plus, late, *key]] - means[place[minus, late, *key]])
                    - (means[place[plus, levels[0], *key]] - means[place[minus, levels[0], *key]])
                )
                labels.append((f"({plus} - {minus}) x ({late} - {levels[0]})", *key))
    table = fit.tests(np.array(rows))
    table["p_holm"] = holm(table["p"].to_numpy())
    names = pd.DataFrame(labels, columns=["contrast", *by])
    return pd.concat([names, table], axis=1)
