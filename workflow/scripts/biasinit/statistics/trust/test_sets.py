"""Which data sets were tested on one set of images, and which on another for each seed.

Where all runs share one test set, their spread says nothing about other images, and an interval
for a new test set resamples images beside seeds (``new_test_set``). Where the split is drawn for
every seed, the spread over seeds has the choice of images in it already: the interval over seeds
is one for new images, and there is no common set of images to resample. A contrast that has such
a data set among its cells must have no interval of ``new_test_set``.

Runs say so themselves, by the hash of their test images: of images of one's own nobody knows
before they are read whether their authors made a split.
"""

import pandas as pd

EVERY_DATASET = ""  # the name of the only one, in tables without a column of data sets


def datasets_tested_anew(runs: pd.DataFrame) -> frozenset[str]:
    """Return the data sets whose test images differ from seed to seed.

    Args:
        runs: the table `runs`, or some of its rows. Without ``test_hash``, as in tables of
            earlier versions and in brought ones, all runs count as tested on the same images.

    Returns:
        Names; '' stands for the only data set of a table that does not name it.

    """
    if "test_hash" not in runs:
        return frozenset()
    if "dataset" in runs:
        names = runs["dataset"].astype(str)
    else:
        names = pd.Series(EVERY_DATASET, index=runs.index)
    hashes = runs["test_hash"].groupby(names).nunique()
    return frozenset(hashes.index[hashes > 1])
