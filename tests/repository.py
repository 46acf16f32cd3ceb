"""Where the repository is, and the studies in it, laid down and published."""

from pathlib import Path

from biasinit.study.definitions import definitions_of
from biasinit.study.model import ImportedStudy, Study
from biasinit.study.plan import read_registration
from biasinit.study.reading import parse_any_study, read_study_file

REPOSITORY = Path(__file__).parents[1]
MEASURED = REPOSITORY / "docs" / "measured"


def study_in(path: Path) -> Study | ImportedStudy:
    """Return a study of the repository, also where images that it names are not there."""
    keys = dict(read_study_file(path))
    keys["datasets"] = [
        entry | ({"path": str(path)} if "path" in entry else {}) for entry in keys["datasets"]
    ]
    return parse_any_study(keys, folder=path.parent)


def published_studies() -> list[str]:
    """Return the names of all studies that are published."""
    return sorted(path.parent.name for path in MEASURED.glob("*/plan.json"))


def compared_studies() -> list[str]:
    """Return those of them that compare schemes: all but calibrations, which have one."""
    plans = {name: read_registration(MEASURED / name).plan["plan"] for name in published_studies()}
    return [name for name, plan in plans.items() if len(definitions_of(plan["study"]).schemes) > 1]
