"""What a study has of its own beside its specifications: looks, and the registered analysis."""

import itertools
from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from biasinit.errors import Problem
from biasinit.metric import Better
from biasinit.specs.keys import KeysError
from biasinit.specs.limits import Positive, Text

MAXIMUM_SEEDS = 100_000  # a study beyond this would plan millions of files by a slip of a zero

Percent = Annotated[float, Field(gt=0, lt=100)]
Alpha = Annotated[float, Field(gt=0, lt=0.5)]


class Part(BaseModel):
    """A part of a study: frozen, and without keys that are not known."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=False,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = list(self._problems())
        if problems:
            raise KeysError(problems)
        return self

    def _problems(self) -> Iterator[Problem]:
        """Yield what is wrong between these keys, each named within them."""
        yield from ()


class Look(Part):
    """One planned look at the study: at how many seeds, and with which share of alpha."""

    seeds: int = Field(ge=1, le=MAXIMUM_SEEDS)
    """Number of seeds at this look; a multiple of seeds_per_shard."""
    alpha: Alpha
    """Share of the family-wise error rate that this look spends."""


class Analysis(Part):
    """The registered analysis; changing it re-trains nothing and is listed as a deviation."""

    thresholds: dict[str, Percent] = Field(default_factory=dict)
    """Validation accuracy (percent) that counts as converged; each trained data set needs one."""
    margins: dict[str, Percent] = Field(min_length=1)
    """Equivalence margin for final accuracy in percentage points, for each data set."""
    speed_margin: tuple[float, float] = (0.80, 1.25)
    """Ratios of time to threshold between these two count as equivalent."""
    collapse_points: Percent = 15.0
    """A run that trained has collapsed when it ends more than this many points of accuracy below
    the median of the reference's trained runs in its cell."""
    alpha: Alpha = 0.05
    """Family-wise error rate within each family of contrasts."""
    looks: tuple[Look, ...] = ()
    """Planned looks, in the order of their seeds, when the study is to be judged more than once;
    their shares add up to alpha at most. Without them the study is judged once, with the whole
    alpha, and verdicts after any added seeds are exploratory."""
    calibration_tables: int = Field(default=500, ge=20, le=100_000)
    """Number of relabelled, and of simulated, tables that the analysis is tried on."""
    resamples: int = Field(default=20_000, ge=1_000)
    """Number of random sign flips when there are too many seeds to enumerate all (above 16)."""

    def _problems(self) -> Iterator[Problem]:
        yield from _analysis_problems(self)

    def look_at(self, seeds: int) -> int | None:
        """Return the place of the look planned at so many seeds, or None."""
        planned = [look.seeds for look in self.looks]
        return planned.index(seeds) if seeds in planned else None

    def alpha_at(self, seeds: int) -> float:
        """Return the family-wise error rate with so many seeds: that of the look, if planned.

        The sum of the shares bounds the error of all looks together, however dependent they are
        (Bonferroni). With a number of seeds that was not planned the whole alpha is returned,
        and the report calls the verdicts exploratory.
        """
        place = self.look_at(seeds)
        return self.alpha if place is None else self.looks[place].alpha


class BroughtAnalysis(Analysis):
    """The registered analysis of brought runs, whose metric need not be accuracy in percent."""

    thresholds: dict[str, float] = Field(default_factory=dict)
    """The value that counts as converged, for each data set: words for the times of the table."""
    margins: dict[str, Positive] = Field(min_length=1)
    """Equivalence margin for each data set: in percentage points, or in the unit of 'metric'."""
    collapse_points: Positive = 15.0
    """A run that trained has collapsed when it ends more than this much worse than the median of
    the reference's trained runs in its cell: in points, or in the unit of 'metric', where it must
    be said."""


class BroughtMetric(Part):
    """What the column final_accuracy of a brought table holds, where it is not accuracy."""

    name: Text
    """Its name in every sentence, table and figure, such as 'validation loss'."""
    better: Better
    """Whether 'higher' or 'lower' values are better."""
    unit: Text
    """The unit of its differences, such as 'nats'; of the margins and of 'collapse_points' too."""


def _analysis_problems(analysis: Analysis) -> Iterator[Problem]:
    """Yield what is wrong with the keys of the analysis, each named within it."""
    seeds = [look.seeds for look in analysis.looks]
    if any(later <= earlier for earlier, later in itertools.pairwise(seeds)):
        yield Problem(
            key="looks",
            what=f"must have more and more seeds, got {seeds}.",
            mend="Name the looks in the order in which they come.",
        )
    spent = sum(look.alpha for look in analysis.looks)
    if spent > analysis.alpha * (1 + 1e-9):
        yield Problem(
            key="looks",
            what=f"spend {spent:g} in all, which must be at most alpha ({analysis.alpha:g}).",
            mend="Let each spend a smaller share.",
        )
    low, high = analysis.speed_margin
    if not 0 < low < 1 < high:
        yield Problem(
            key="speed_margin",
            what=f"must be two ratios below and above 1, got [{low}, {high}].",
            mend="A pair such as [0.8, 1.25] would do.",
        )
