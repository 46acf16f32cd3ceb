"""Where the repository is, and the studies in it."""

from pathlib import Path

from biasinit.study.model import ImportedStudy, Study
from biasinit.study.reading import parse_any_study, read_study_file

REPOSITORY = Path(__file__).parents[1]


def study_in(path: Path) -> Study | ImportedStudy:
    """Return a study of the repository, also where images that it names are not there."""
    keys = dict(read_study_file(path))
    keys["datasets"] = [
        entry | ({"path": str(path)} if "path" in entry else {}) for entry in keys["datasets"]
    ]
    return parse_any_study(keys, folder=path.parent)
