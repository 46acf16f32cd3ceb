"""Restricted log-likelihood of a model with random intercepts, and its gradient.

The model of n observations with p fixed effects and K grouping terms is

    y = X b + sum_k Z_k u_k + e,   u_k ~ N(0, v_k I),   e_i ~ N(0, s_g(i)),

where ``v_k`` is the variance of term k and ``s_g`` the residual variance of group g. With
``V = R + Z D Z'`` the criterion is

    -2 l = log|V| + log|X' V^-1 X| + y' P y + (n - p) log 2 pi,

with ``P = V^-1 - V^-1 X (X' V^-1 X)^-1 X' V^-1``. Levels of different terms that never meet in
a row make Z'WZ block-diagonal; everything is computed on a batch of padded *tiles* along its
diagonal (a block is a seed within a cell here, and a tile often holds one) by
``V^-1 = W - W Z T Z' W``, ``T = L (I + L Z'WZ L)^-1 L``, ``L = D^(1/2)``, which stays finite at
zero components. Cost per evaluation: n p^2 + q m^2, q effects in tiles of m.

Source: Bates et al. (2015), doi:10.18637/jss.v067.i01, for the zero-safe factorisation; Searle,
Casella & McCulloch (1992), section 6.6, for the derivatives.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.sparse
import scipy.sparse.csgraph

from biasinit.statistics.inference.arrays import Floats, Integers, group_sums

LOG_TWO_PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, kw_only=True)
class LikelihoodPoint:
    """The criterion at one set of variances, with all that inference needs.

    ``value`` is -2 log-likelihood; ``gradient_components`` (terms,) and ``gradient_residual``
    (groups,) are its derivatives with respect to the variances; ``coefficients`` (p,) and
    ``coefficient_covariance`` (p, p) belong to generalised least squares; ``weighted_design``
    (n, p) is V^-1 X.
    """

    value: float
    gradient_components: Floats
    gradient_residual: Floats
    coefficients: Floats
    coefficient_covariance: Floats
    weighted_design: Floats


class RestrictedLikelihood:
    """Evaluates the criterion for one data set at any variances."""

    def __init__(
        self,
        *,
        design: Floats,
        response: Floats,
        terms: Sequence[Integers],
        groups: Integers,
    ) -> None:
        """Arrange the data in tiles.

        Args:
            design: fixed effects, (n, p), of full column rank.
            response: (n,).
            terms: for each grouping term the level of each row, (n,), counted from 0.
            groups: residual group of each row, (n,), counted from 0.

        """
        self.n, self.p = design.shape
        self.groups = groups
        self.group_sizes = np.bincount(groups)
        self.term_count = len(terms)
        self._both = np.column_stack([design, response])
        self._arrange(terms)

    def _arrange(self, terms: Sequence[Integers]) -> None:
        sizes = [int(codes.max()) + 1 for codes in terms]
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        effects = [codes + offset for codes, offset in zip(terms, offsets[:-1], strict=True)]
        count = int(offsets[-1])
        tile, place, width = _pack(effects, count)
        tiles = int(tile.max()) + 1 if count else 1
        self.shape = (tiles, width)
        slots = tile * width + place
        self.term_of_slot = np.full(tiles * width, -1)
        for term in range(self.term_count):
            self.term_of_slot[slots[offsets[term] : offsets[term + 1]]] = term
        columns = [slots[effect] for effect in effects]
        rows = np.arange(self.n)
        self.incidence = scipy.sparse.csr_array(
            (
                np.ones(self.n * len(columns)),
                (np.tile(rows, len(columns)), _joined(columns)),
            ),
            shape=(self.n, tiles * width),
        )
        self._transposed = self.incidence.T.tocsr()
        pairs = [first * width + place[effect] for first in columns for effect in effects]
        self._pair_counts = scipy.sparse.csr_array(
            (
                np.ones(self.n * len(pairs)),
                (_joined(pairs), np.tile(self.groups, len(pairs))),
            ),
            shape=(tiles * width * width, len(self.group_sizes)),
        )
        self._pair_counts_transposed = self._pair_counts.T.tocsr()

    def evaluate(self, components: Floats, residual: Floats) -> LikelihoodPoint:
        """Return the criterion at the given variances.

        Args:
            components: variance of each grouping term, (terms,), zero or more.
            residual: residual variance of each group, (groups,), above zero.

        Raises:
            numpy.linalg.LinAlgError: the variances are so extreme that a factorisation fails.

        """
        tiles, width = self.shape
        p = self.p
        weights = (1 / residual)[self.groups]
        # the padding has scale zero, so it changes nothing
        scales = np.append(np.sqrt(components), 0.0)[self.term_of_slot].reshape(tiles, width)
        # Z'WZ by tile, and T, both (tiles, width, width)
        crossed = (self._pair_counts @ (1 / residual)).reshape(tiles, width, width)
        inner = scales[:, :, None] * crossed * scales[:, None, :]
        inner[:, np.arange(width), np.arange(width)] += 1
        factor = np.linalg.cholesky(inner)
        log_det = 2 * float(np.log(np.diagonal(factor, axis1=1, axis2=2)).sum())
        shrink = scales[:, :, None] * np.linalg.inv(inner) * scales[:, None, :]
        # Z'W[X y] and its products, (tiles, width, p + 1)
        weighted = weights[:, None] * self._both
        projected = (self._transposed @ weighted).reshape(tiles, width, p + 1)
        shrunk = shrink @ projected
        flat, flat_shrunk = projected.reshape(-1, p + 1), shrunk.reshape(-1, p + 1)
        information = self._both.T @ weighted - flat.T @ flat_shrunk
        lower = np.linalg.cholesky(information[:p, :p])
        half = scipy.linalg.solve_triangular(lower, np.eye(p), lower=True)
        covariance = half.T @ half
        coefficients = covariance @ information[:p, p]
        quadratic = float(information[p, p] - information[:p, p] @ coefficients)
        value = float(self.group_sizes @ np.log(residual)) + log_det + quadratic
        value += self.n * LOG_TWO_PI
        value += 2 * float(np.log(np.diagonal(lower)).sum()) - p * LOG_TWO_PI
        # V^-1 [X y], then P y
        solved = weighted - weights[:, None] * (self.incidence @ flat_shrunk)
        weighted_design = solved[:, :p]
        residuals = solved[:, p] - weighted_design @ coefficients
        # derivatives: trace of P dV minus the quadratic form y'P dV P y
        crossed_shrunk = crossed @ shrink
        diagonal = np.diagonal(crossed, axis1=1, axis2=2) - (crossed_shrunk * crossed).sum(axis=2)
        effect = diagonal.ravel() - (self._transposed @ residuals) ** 2
        outer = (projected - crossed_shrunk @ projected).reshape(-1, p + 1)[:, :p]
        effect -= ((outer @ half.T) ** 2).sum(axis=1)
        leverage = weights - ((weighted_design @ half.T) ** 2).sum(axis=1)
        by_group = group_sums(self.groups, leverage - residuals**2, len(residual))
        by_group -= (self._pair_counts_transposed @ shrink.ravel()) / residual**2
        used = self.term_of_slot >= 0
        by_term = group_sums(self.term_of_slot[used], effect[used], self.term_count)
        return LikelihoodPoint(
            value=value,
            gradient_components=by_term,
            gradient_residual=by_group,
            coefficients=coefficients,
            coefficient_covariance=covariance,
            weighted_design=weighted_design,
        )

    def variance_slopes(self, directions: Floats) -> tuple[Floats, Floats]:
        """Return how fast the variance of each linear combination grows with the variances.

        Args:
            directions: V^-1 X C c for each combination c, (n, combinations).

        Returns:
            Derivatives of c' C c, (terms, combinations) and (groups, combinations).

        """
        squares = (self._transposed @ directions) ** 2
        by_term = np.zeros((self.term_count, directions.shape[1]))
        used = self.term_of_slot >= 0
        np.add.at(by_term, self.term_of_slot[used], squares[used])
        by_group = np.zeros((len(self.group_sizes), directions.shape[1]))
        np.add.at(by_group, self.groups, directions**2)
        return by_term, by_group


def _joined(parts: Sequence[Integers]) -> Integers:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def _pack(effects: Sequence[Integers], count: int) -> tuple[Integers, Integers, int]:
    """Return tile, place in the tile, and tile width for each of ``count`` effects.

    Connected effects share a tile; small ones are packed together up to the width of the
    largest, so that one large tile does not blow up the padding of the others.
    """
    if count == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), 1
    first = np.concatenate([effects[0]] * len(effects))
    links = scipy.sparse.coo_array(
        (np.ones(len(first)), (first, np.concatenate(effects))), shape=(count, count)
    )
    _, part = scipy.sparse.csgraph.connected_components(links, directed=False)
    sizes = np.bincount(part)
    width = int(sizes.max())
    tile_of_part = np.zeros(len(sizes), dtype=np.int64)
    start_of_part = np.zeros(len(sizes), dtype=np.int64)
    tile, filled = 0, 0
    for index in np.argsort(-sizes, kind="stable"):
        if filled + sizes[index] > width:
            tile, filled = tile + 1, 0
        tile_of_part[index], start_of_part[index] = tile, filled
        filled += int(sizes[index])
    order = np.argsort(part, kind="stable")
    within = np.empty(count, dtype=np.int64)
    within[order] = np.arange(count) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return tile_of_part[part], start_of_part[part] + within, width
