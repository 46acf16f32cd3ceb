"""The restricted likelihood against the definition: dense matrices and a plain optimiser.

The dense version shares no code with the package: V is written out, the criterion is
minimised by Nelder-Mead on standard deviations, and Satterthwaite's df come from finite
differences of the criterion and of the variance of the contrast.
"""

import numpy as np
import pandas as pd
import pytest
import scipy.optimize

from biasinit.statistics.mixed.fitting import fit_mixed


class Dense:
    """REML of y with random intercepts and one residual SD per group, n below 200."""

    def __init__(self, y, design, terms, groups):
        self.y, self.design = y, design
        self.parts = []
        for codes in terms:
            indicator = np.equal.outer(codes, np.unique(codes)).astype(float)
            self.parts.append(indicator @ indicator.T)
        for group in np.unique(groups):
            self.parts.append(np.diag((groups == group).astype(float)))

    def criterion(self, deviations):
        covariance = sum(d**2 * part for d, part in zip(deviations, self.parts, strict=True))
        sign, log_det = np.linalg.slogdet(covariance)
        if sign <= 0:
            return 1e10
        solved = np.linalg.solve(covariance, np.column_stack([self.design, self.y]))
        information = self.design.T @ solved[:, :-1]
        beta = np.linalg.solve(information, self.design.T @ solved[:, -1])
        rest = self.y - self.design @ beta
        value = log_det + rest @ (solved[:, -1] - solved[:, :-1] @ beta)
        n, p = self.design.shape
        return value + np.linalg.slogdet(information)[1] + (n - p) * np.log(2 * np.pi)

    def variance(self, deviations, weights):
        covariance = sum(d**2 * part for d, part in zip(deviations, self.parts, strict=True))
        information = self.design.T @ np.linalg.solve(covariance, self.design)
        return weights @ np.linalg.solve(information, weights)

    def minimise(self, start):
        best = start
        for _ in range(3):
            found = scipy.optimize.minimize(
                self.criterion,
                best,
                method="Nelder-Mead",
                options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 20_000, "maxfev": 20_000},
            )
            best = np.abs(found.x)
        return best

    def satterthwaite(self, deviations, weights):
        free = np.flatnonzero(deviations > 1e-4 * deviations.max())
        step = 1e-3 * deviations

        def at(changes):
            moved = deviations.copy()
            moved[free] += changes
            return moved

        count = len(free)
        hessian, slope = np.empty((count, count)), np.empty(count)
        unit = np.diag(step[free])
        for i in range(count):
            up, down = self.variance(at(unit[i]), weights), self.variance(at(-unit[i]), weights)
            slope[i] = (up - down) / (2 * step[free[i]])
            for j in range(count):
                corners = [
                    self.criterion(at(a * unit[i] + b * unit[j])) * a * b
                    for a in (1, -1)
                    for b in (1, -1)
                ]
                hessian[i, j] = sum(corners) / (4 * step[free[i]] * step[free[j]])
        spread = 2 * np.linalg.inv(hessian)
        return 2 * self.variance(deviations, weights) ** 2 / (slope @ spread @ slope)


def _unbalanced(seed, *, drop=0.2, block=0.7, arm=0.5, noisy=1.0):
    """Runs of 3 schemes, 7 seeds and 2 cells, some of them lost."""
    rng = np.random.default_rng(seed)
    frame = pd.MultiIndex.from_product(
        [range(7), ["a", "b", "c"], ["x", "y"]], names=["seed", "scheme", "cell"]
    ).to_frame(index=False)
    scheme = frame["scheme"].map({"a": 0, "b": 1, "c": 2}).to_numpy()
    cell = (frame["cell"] == "y").to_numpy().astype(int)
    blocks, arms = rng.normal(0, block, (7, 2)), rng.normal(0, arm, (7, 3))
    noise = rng.normal(0, 1, len(frame)) * np.where(scheme == 2, noisy, 1.0)
    place = frame["seed"].to_numpy()
    frame["y"] = 5 + 0.5 * scheme + cell + blocks[place, cell] + arms[place, scheme] + noise
    return frame.sample(frac=1 - drop, random_state=seed).reset_index(drop=True)


CASES = {
    "nested": (["seed", "seed:cell"], [], 1),
    "crossed": (["seed:cell", "seed:scheme"], [], 2),
    "fully crossed": (["seed", "scheme"], [], 3),
    "residual by scheme": (["seed:cell"], ["scheme"], 4),
    "residual by scheme and cell": (["seed"], ["scheme", "cell"], 5),
    "zero component": (["seed:cell", "seed:scheme"], [], 6),
}


@pytest.mark.parametrize("name", CASES)
def test_unbalanced_fit_agrees_with_the_definition(name):
    terms, residual_by, seed = CASES[name]
    arm = 0.0 if name == "zero component" else 0.5
    frame = _unbalanced(seed, arm=arm, noisy=2.0 if residual_by else 1.0)
    formula = "y ~ cell" if name == "fully crossed" else "y ~ scheme*cell"
    fit = fit_mixed(frame, formula, terms, residual_by=residual_by)
    codes = [frame.groupby(term.split(":")).ngroup().to_numpy() for term in terms]
    groups = np.zeros(len(frame), int)
    if residual_by:
        groups = frame.groupby(residual_by).ngroup().to_numpy()
    dense = Dense(frame["y"].to_numpy(), fit.state.design.matrix, codes, groups)
    own = np.concatenate([np.sqrt(fit.variance_components.iloc[: len(terms)]), fit.residual_sd])
    assert -2 * fit.log_likelihood == pytest.approx(dense.criterion(own), abs=1e-7)
    best = dense.minimise(own + 0.05)
    assert -2 * fit.log_likelihood <= dense.criterion(best) + 1e-5
    for weights in np.eye(len(fit.params)):
        contrast = fit.tests(weights[None, :]).iloc[0]
        expected = np.sqrt(dense.variance(own, weights))
        assert contrast["standard_error"] == pytest.approx(expected, rel=1e-6)
        assert contrast["df"] == pytest.approx(dense.satterthwaite(own, weights), rel=5e-3)
