"""Reading logs as a study brings them, for the tests of importers."""

from biasinit.bringing import BroughtRuns
from biasinit.runs.imported import Bringing, complete_runs
from biasinit.runs.importers.contract import Asked
from biasinit.runs.sources import Source, read_source
from biasinit.study.reading import parse_any_study

STUDY = {
    "study": "mine",
    "schemes": ["zeros", "1.0"],
    "epochs": 3,
    "analysis": {"margins": {"any": 0.5}, "thresholds": {"any": 90}},
}


def bring(folder, **keys):
    """Return the imported runs of a study with these keys, whose logs are in a folder."""
    study = parse_any_study({**STUDY, **keys})
    bringing = BroughtRuns(study=study, folder=folder)
    assert bringing.columns
    asked = Asked(**bringing.asked(None), curves=bringing.curves_table)
    source = Source(format=study.format, path=bringing.table, asked=asked)
    imported = complete_runs(read_source(source), Bringing(**bringing.said(None)))
    assert set(imported.runs) - {"study", "restricted_epochs"} == set(bringing.columns)
    return imported


def said(imported):
    return [str(note) for note in imported.notes]
