"""What is measured at the end of a run: its name, its unit, and which direction is better.

The studies that are trained here measure test accuracy. A study that brings its runs may say that
their column ``final_accuracy`` is another metric; tables keep the name of the column. A difference
is always scheme minus reference, in the unit of the metric, so that a negative one is better where
lower is; *worse* and *better* follow the direction.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric in words.

    Attributes:
        name: of what is compared: 'test accuracy'.
        short: the same within a sentence about effects: 'accuracy'.
        at_the_end: its value after training: 'final accuracy'.
        validation: that by which learning rates are chosen: 'validation accuracy'.
        unit: of differences: 'points'.
        unit_in_full: the same where it is said once: 'percentage points'.
        level_unit: of the values themselves: '%'.
        better: which direction is.

    """

    name: str
    short: str
    at_the_end: str
    validation: str
    unit: str
    unit_in_full: str
    level_unit: str
    better: Better

    @classmethod
    def of(cls, *, name: str, unit: str, better: Better) -> "Metric":
        """Return the metric of this name and unit; test accuracy in points is that of ours."""
        if (name, unit, better) == (ACCURACY.name, ACCURACY.unit, ACCURACY.better):
            return ACCURACY
        return cls(
            name=name,
            short=name,
            at_the_end=name,
            validation=f"{name} on validation data",
            unit=unit,
            unit_in_full=unit,
            level_unit=unit,
            better=better,
        )

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, str]) -> "Metric":
        """Return the metric that ``to_mapping`` gave away."""
        return cls(**mapping)  # type: ignore[arg-type]  # better is one of two words

    def to_mapping(self) -> dict[str, str]:
        """Return the metric as plain values, for the parameters of a job."""
        return asdict(self)

    @property
    def is_accuracy(self) -> bool:
        """Whether it is accuracy in percent, of which chance and shares are known."""
        return self == ACCURACY

    @property
    def sign(self) -> float:
        """What a value is multiplied by so that higher is better."""
        return 1.0 if self.better == "higher" else -1.0

    @property
    def title(self) -> str:
        """The name where a title or a sentence begins."""
        return self.name[:1].upper() + self.name[1:]

    @property
    def short_title(self) -> str:
        """The short name where a title or a sentence begins."""
        return self.short[:1].upper() + self.short[1:]

    @property
    def best(self) -> str:
        """The best of several: 'highest' or 'lowest'."""
        return f"{self.better.removesuffix('er')}est"

    @property
    def lower(self) -> str:
        """How an effect changed that changed for the worse: 'lower' where higher is better."""
        return "lower" if self.better == "higher" else "higher"

    @property
    def higher(self) -> str:
        """How an effect changed that changed for the better."""
        return self.better

    @property
    def favourable(self) -> str:
        """The sign of a difference that is for the better."""
        return "positive" if self.better == "higher" else "negative"

    @property
    def below(self) -> str:
        """Where a run lies that is worse than others."""
        return "below" if self.better == "higher" else "above"

    @property
    def worse_edge(self) -> str:
        """At which edge of a scale the worst values lie: 'left' or 'right'."""
        return "left" if self.better == "higher" else "right"

    @property
    def of_differences(self) -> str:
        """What differences are measured in: 'points of test accuracy'."""
        return f"{self.unit} of {self.name}"

    @property
    def of_levels(self) -> str:
        """What values are measured in: '% test accuracy', 'nats of validation loss'."""
        joint = " " if self.level_unit == ACCURACY.level_unit else " of "
        return f"{self.level_unit}{joint}{self.name}"

    @property
    def values(self) -> str:
        """Several values: 'accuracies', 'values of validation loss'."""
        return "accuracies" if self.is_accuracy else f"values of {self.name}"

    @property
    def hint(self) -> str:
        """Which direction is better, where that is not what most expect: lower."""
        return "" if self.better == "higher" else " (lower is better)"

    @property
    def if_diverged(self) -> str:
        """What a run that diverged has, where that is known."""
        return " (chance if they diverged)" if self.is_accuracy else ""

    def renamed(self, text: str) -> str:
        """Return a word of a table, which calls any metric accuracy and its unit points."""
        words = {"accuracy": self.short, "points": self.unit}
        return re.sub("|".join(words), lambda found: words[found[0]], text)

    def said(self, text: str) -> str:
        """Return a text with the words of the metric in place of their names in braces."""
        words = {
            **{name: str(value) for name, value in asdict(self).items()},
            **{name: getattr(self, name) for name in _WORDS},
        }
        for name, word in words.items():
            text = text.replace(f"{{{name}}}", word)
        return text


_WORDS = (
    *("title", "short_title", "best", "lower", "higher", "favourable", "below", "values"),
    "if_diverged",
)

ACCURACY = Metric(
    name="test accuracy",
    short="accuracy",
    at_the_end="final accuracy",
    validation="validation accuracy",
    unit="points",
    unit_in_full="percentage points",
    level_unit="%",
    better="higher",
)
"""The metric of every study that is trained here: percent of test images that are right."""
