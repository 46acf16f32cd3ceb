"""Downloads a data set ahead of a study: ``python -m biasinit.data KIND``.

For places where jobs have no internet, such as a cluster: the files are in the folder of
downloads when the study looks for them. What is there already is checked, and not moved again.
"""

import logging
import sys

from biasinit.data.downloads import fetch
from biasinit.errors import DataError
from biasinit.plugins.registry import DATASETS
from biasinit.plugins.resolve import resolve


def main(arguments: list[str]) -> None:
    """Fetch all official files of one kind, and print where they are."""
    sources = {kind: resolve(resolve(place).source) for kind, place in DATASETS.items()}
    kinds = {kind: source.files for kind, source in sources.items() if source.files}
    if len(arguments) != 1 or arguments[0] not in kinds:
        sys.exit(f"Usage: python -m biasinit.data KIND, with KIND one of {', '.join(kinds)}")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    kind = arguments[0]
    try:
        for file in kinds[kind]:
            print(fetch(file, kind))
    except DataError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
