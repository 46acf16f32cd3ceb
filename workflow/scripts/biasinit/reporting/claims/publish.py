"""Keep the tables behind the ledger of claims where it is published.

``python -m biasinit.reporting.claims.publish`` copies, for each finished study that ``claims.yaml``
names, the tables that the ledger reads, the registered plan and the figure of the answer from
``results/`` to ``docs/measured/``. From there anyone can make the ledger again, or check its
numbers, without training: ``python -m biasinit.reporting.claims.overview --results docs/measured``.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from biasinit.errors import BiasinitError
from biasinit.files import refusals_named
from biasinit.reporting.claims.overview import LEDGER_TABLES
from biasinit.study.claims import Claim, read_claims
from biasinit.study.plan import PLAN

ANSWER_FIGURE = "figures/effects.svg"


def publish(claims: Sequence[Claim], *, results: Path, folder: Path) -> tuple[str, ...]:
    """Copy what the ledger reads of each finished study, and return the names of these studies.

    A study that is published already is replaced; one that is not in ``results`` stays.

    Args:
        claims: those whose studies are published.
        results: folder of finished studies.
        folder: where they go, one folder for each.

    Raises:
        FolderError: a file cannot be written.

    """
    asked = {evidence.study for claim in claims for evidence in claim.evidence}
    found = sorted(name for name in asked if (results / name / LEDGER_TABLES["verdicts"]).exists())
    for name in found:
        for file in (*LEDGER_TABLES.values(), PLAN, ANSWER_FIGURE):
            source, place = results / name / file, folder / name / file
            with refusals_named(place):
                place.unlink(missing_ok=True)
                if source.exists():
                    place.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(source, place)
    return tuple(found)


def main(arguments: list[str] | None = None) -> int:
    """Publish the finished studies, and name them."""
    parser = argparse.ArgumentParser(prog="biasinit.reporting.claims.publish", description=__doc__)
    parser.add_argument("--claims", type=Path, default=Path("claims.yaml"))
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--folder", type=Path, default=Path("docs") / "measured")
    options = parser.parse_args(arguments)
    try:
        found = publish(read_claims(options.claims), results=options.results, folder=options.folder)
    except BiasinitError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    print(f"Published in {options.folder}: {', '.join(found) or 'nothing, no study is finished'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
