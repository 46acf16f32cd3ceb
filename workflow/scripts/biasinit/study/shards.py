"""A shard and its path: what a job trains, and where its tables lie.

The path names every factor, whether it varies or not, so that a new level never renames old
files: ``{dataset}/{architecture}/{normalization}/…/{scheme}/{shard}``. It is written and read
here and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from biasinit.vocabulary import CELL_FACTORS, FACTORS

PARTS = (*FACTORS, "scheme", "shard")
PATTERN = "/".join(f"{{{part}}}" for part in PARTS)
"""The path with the names of its parts in braces, as Snakemake writes wildcards."""


class Levels(Protocol):
    """Levels of factors by name; Snakemake's wildcards are such, and so are rows of a table."""

    def __getitem__(self, name: str, /) -> object:
        """Return one level."""


def level_text(level: object) -> str:
    """Return a level of a factor as it stands in paths; numbers so that they read back equal."""
    return repr(float(level)) if isinstance(level, float) else str(level)


@dataclass(frozen=True, slots=True)
class Shard:
    """Consecutive seeds of one scheme, in one cell and at one normalisation.

    Attributes:
        levels: text of each part of the path, in the order of ``PARTS``.

    """

    levels: tuple[str, ...]

    @classmethod
    def of(cls, levels: Levels) -> "Shard":
        """Return the shard with these levels of the factors, ``scheme`` and number ``shard``.

        Raises:
            KeyError: one of them is missing.

        """
        return cls(tuple(level_text(levels[part]) for part in PARTS))

    @classmethod
    def of_job(cls, job: Mapping[str, object]) -> "Shard":
        """Return the shard of a row of the table ``jobs``."""
        number = int(str(job["first_seed"])) // int(str(job["runs"]))
        return cls.of({**job, "shard": number})

    @classmethod
    def at(cls, path: str) -> "Shard":
        """Return the shard at a path below the folder of its table.

        Raises:
            ValueError: the path is not one of a shard.

        """
        levels = tuple(path.split("/"))
        if len(levels) != len(PARTS):
            raise ValueError(f"{path!r} is not the path of a shard: {PATTERN}.")
        return cls(levels)

    @property
    def path(self) -> str:
        """Path below the folder of a table, without the ending of the file."""
        return "/".join(self.levels)

    def level(self, part: str) -> str:
        """Return the text of one part of the path."""
        return self.levels[PARTS.index(part)]

    @property
    def scheme(self) -> str:
        """Name of the scheme, or of the A/A arm."""
        return self.level("scheme")

    @property
    def normalization(self) -> str:
        """Level of normalisation."""
        return self.level("normalization")

    @property
    def number(self) -> int:
        """Number of the shard within its arm: it holds seeds number·seeds_per_shard and on."""
        return int(self.level("shard"))

    @property
    def cell(self) -> tuple[str, ...]:
        """Texts of the factors of its cell, normalisation left out."""
        return tuple(self.level(factor) for factor in CELL_FACTORS)

    @staticmethod
    def cell_of(levels: Levels) -> tuple[str, ...]:
        """Return the texts that :attr:`cell` has for a shard with these levels."""
        return tuple(level_text(levels[factor]) for factor in CELL_FACTORS)

    @property
    def place(self) -> tuple[str, ...]:
        """Texts of all factors, normalisation among them."""
        return self.levels[: len(FACTORS)]
