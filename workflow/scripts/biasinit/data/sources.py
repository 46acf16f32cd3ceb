"""From a data set's description in the study to its prepared form."""

from biasinit.data import digits
from biasinit.data.prepared import PreparedDataset
from biasinit.data.splits import stratified_split


def prepare(
    *, kind: str, train: int, validation: int, test: int, split_seed: int
) -> PreparedDataset:
    """Return the data set of one kind, split.

    Raises:
        DataError: the sizes do not fit the data.

    """
    readers = {"digits": (digits.digits, digits.MAXIMUM_GREY)}
    read, maximum = readers[kind]
    images, labels = read()
    split = stratified_split(labels, train=train, validation=validation, test=test, seed=split_seed)
    return PreparedDataset(
        images=images,
        labels=labels,
        maximum=maximum,
        split={"train": split["train"], "validation": split["validation"], "test": split["test"]},
    )
