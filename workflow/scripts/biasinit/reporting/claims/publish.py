"""Keep the tables behind the ledger of claims and the answer where both are published.

``python -m biasinit.reporting.claims.publish`` copies, for each finished study of this repository,
the tables that the ledger reads and the registered plan from ``results/`` to ``docs/measured/``,
and what was predicted of studies before they were run. From there anyone can
make the ledger and the answer again, or check their numbers, without training:
``python -m biasinit.reporting.claims.overview --results docs/measured`` and
``make answer RESULTS=docs/measured``.
"""

import argparse
import shutil
import sys
from collections.abc import Collection
from pathlib import Path

from biasinit.errors import BiasinitError
from biasinit.files import refusals_named
from biasinit.reporting.atlas.predictions import FOLDER as PREDICTIONS
from biasinit.reporting.claims.ledger import DEFAULT_STUDY
from biasinit.reporting.claims.overview import LEDGER_TABLES
from biasinit.study.plan import PLAN


def publish(studies: Collection[str], *, results: Path, folder: Path) -> tuple[str, ...]:
    """Copy what is published of each finished study, and return the names of these studies.

    A study that is published already is replaced; one that is not in ``results`` stays.

    Args:
        studies: names of those that are published.
        results: folder of finished studies.
        folder: where they go, one folder for each.

    Raises:
        FolderError: a file cannot be written.

    """
    finished = {name for name in studies if (results / name / LEDGER_TABLES["verdicts"]).exists()}
    for name in sorted(finished):
        for file in (*LEDGER_TABLES.values(), PLAN):
            _replace(results / name / file, folder / name / file)
    for path in sorted((results / PREDICTIONS).glob("*.json")):
        _replace(path, folder / PREDICTIONS / path.name)
    return tuple(sorted(finished))


def _replace(source: Path, place: Path) -> None:
    with refusals_named(place):
        place.unlink(missing_ok=True)
        if source.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, place)


def main(arguments: list[str] | None = None) -> int:
    """Publish the finished studies, and name them."""
    parser = argparse.ArgumentParser(prog="biasinit.reporting.claims.publish", description=__doc__)
    parser.add_argument("--studies", type=Path, default=Path("studies"), help="folder of studies")
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--folder", type=Path, default=Path("docs") / "measured")
    options = parser.parse_args(arguments)
    try:
        names = {DEFAULT_STUDY, *(path.stem for path in options.studies.glob("*.yaml"))}
        found = publish(names, results=options.results, folder=options.folder)
    except BiasinitError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    print(f"Published in {options.folder}: {', '.join(found) or 'nothing, no study is finished'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
