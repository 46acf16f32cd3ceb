"""The learning rates at which each scheme did best, as the table ``tuned`` has them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from biasinit.reporting.selection import records, table


@dataclass(frozen=True, slots=True, kw_only=True)
class BestRates:
    """The rates that were chosen for a scheme and for the reference, and which are edges.

    ``edge`` and ``reference_edge`` are empty, or the ends of the grid that the rates reach.
    """

    rates: str
    edge: str
    reference_rates: str
    reference_edge: str

    @property
    def words(self) -> str:
        """The rate of the scheme: 'at 0.005, the lowest tried', 'mostly at 0.02'."""
        return _in_words(self.rates, self.edge)

    @property
    def reference_words(self) -> str:
        """The rate of the reference."""
        return _in_words(self.reference_rates, self.reference_edge)

    @property
    def edge_words(self) -> str:
        """Whether it chose an end of the grid, so that a better rate may lie beyond."""
        return f"reaches the {self.edge} rate tried" if self.edge else ""


BestRatesOf = Mapping[tuple[str, str], BestRates]


def best_rates(tables: Mapping[str, pd.DataFrame]) -> BestRatesOf:
    """Return the rates by normalisation and scheme; nothing where none were chosen."""
    return {
        (str(row["normalization"]), str(row["scheme"])): BestRates(
            rates=_text(row.get("learning_rates")),
            edge=_text(row.get("at_edge")),
            reference_rates=_text(row.get("reference_learning_rates")),
            reference_edge=_text(row.get("reference_at_edge")),
        )
        for row in records(table(tables, "tuned"))
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _in_words(rates: str, edge: str) -> str:
    """Return the rate that was chosen, or most often; the table ``tuned`` has all."""
    if not rates:
        return ""
    first = rates.partition(" (")[0]
    if first == rates:
        return f"at {rates}, the {edge} tried" if edge else f"at {rates}"
    return f"mostly at {first}, reaching the {edge} tried" if edge else f"mostly at {first}"
