"""What every data set of a study has: a name, sizes of its subsets, and who reads it.

Jobs use the keys alone and get every value, so this module is no part of what decides whether a
data set is made again (``plugins.digest``).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from biasinit.errors import Problem
from biasinit.specs.keys import Keys, key, values_of
from biasinit.specs.limits import Limits, Name, Natural, Text

Split = Literal["per seed", "once"]
Size = Annotated[int, Limits(ge=10)]
DIRECTORY = (
    "Folder with the official files; without it they are downloaded to the folder data/, or to "
    "that of the environment variable BIASINIT_DATA."
)
CHANNELS = (
    "How many channels images have; must be said where they are not 1, 3 or 4, as channels that "
    "come first look like that."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialImages:
    """Numbers of images that a data set's authors gave for training and for testing."""

    training: int
    test: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset(Keys):
    """A data set and how it is split; docs/data.md explains every kind.

    ``source`` names what reads it, a ``data.source.Source``, as "module:attribute".
    """

    source: ClassVar[str]

    name: Name = field(metadata=key("Name of the data set in paths and tables."))
    pairs: bool = field(
        default=False,
        metadata=key(
            "Whether images are shown in pairs, of the same class or not, as many pairs as images; "
            "for siamese networks, and always so with Omniglot."
        ),
    )
    imbalance: Annotated[float, Limits(ge=1, le=1000)] = field(
        default=1.0,
        metadata=key(
            "How many times as large the first class is as the last among training images, which "
            "are thinned to it after 'train' of them are drawn; 1 thins nothing."
        ),
    )
    train: Size = field(metadata=key("Number of training images."))
    validation: Size = field(
        metadata=key("Number of validation images, which speed and tuning are measured on.")
    )
    test: Size = field(
        metadata=key(
            "Number of test images, which final accuracy is measured on; from the official test "
            "set where there is one."
        )
    )
    split: Split = field(
        default="per seed",
        metadata=key(
            "'per seed' draws which images are in which subset for every seed, the same for all "
            "its runs; an official test set stays. 'once' draws one split for all seeds.",
            left_out_at="once",
        ),
    )
    split_seed: Natural = field(
        default=0, metadata=key("Keys the random splits, beside the seeds of the study.")
    )

    @property
    def looked_up(self) -> tuple[str, ...]:
        """What reads the data set."""
        return (self.source,)

    @property
    def description(self) -> dict[str, Any]:
        """What making the data set needs to know."""
        return values_of(self) | {"pairs": self.shows_pairs}

    @property
    def shows_pairs(self) -> bool:
        """Whether the images come in pairs."""
        return self.pairs

    @property
    def side(self) -> int | None:
        """Height and width of the images in pixels, where they are known."""
        return None

    @property
    def files(self) -> tuple[str, ...]:
        """Files of one's own that the data set is read from."""
        return ()

    @property
    def folders(self) -> tuple[str, ...]:
        """Paths of one's own that it is read from, each of a file or of a folder that counts."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialDataset(Dataset):
    """A data set of official files, with numbers of images that its authors gave."""

    directory: Text | None = field(default=None, metadata=key(DIRECTORY))

    @property
    def official(self) -> OfficialImages:
        """Numbers of images that there are."""
        raise NotImplementedError

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the sizes."""
        training = self.train + self.validation
        if training > self.official.training:
            yield Problem(
                key="",
                what=f"train + validation must be at most the {self.official.training} official "
                f"training images, got {training}.",
                mend="",
            )
        if self.test > self.official.test:
            yield Problem(
                key="test",
                what=f"must be at most the {self.official.test} official test images, got "
                f"{self.test}.",
                mend="",
            )
