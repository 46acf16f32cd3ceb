"""What the rules of the workflow ask of a study that brings its runs as a table."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biasinit.errors import ConfigurationError
from biasinit.execution.places import seen_from_here
from biasinit.study.check import braces
from biasinit.study.model import ImportedStudy


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtRuns:
    """The table of runs that a study brings.

    Methods that take levels are functions that rules name: what a function returns is never taken
    for a pattern.

    Attributes:
        study: that brings it.
        folder: of the study file.

    """

    study: ImportedStudy
    folder: Path

    @property
    def table(self) -> Path:
        """The file or folder, as named from the working directory, or else from the study file."""
        here, beside = Path(self.study.runs_table), self.folder / self.study.runs_table
        return here if here.exists() or not beside.exists() else Path(seen_from_here(beside))

    @property
    def columns(self) -> frozenset[str]:
        """The columns that it has, by our names.

        Raises:
            RunsTableError: it cannot be read.
            ConfigurationError: a file of it has a name that no rule can have.

        """
        from biasinit.runs.imported import read_brought_runs  # pandas, which no other study needs

        frame = read_brought_runs(self.table, self.names(None)).frame
        named = [problem for file in self.files(None) for problem in braces("runs_table", file)]
        if named:
            raise ConfigurationError(named)
        return frozenset(map(str, frame.columns))

    def files(self, _levels: object) -> list[str]:
        """Return the files that it is read from."""
        from biasinit.runs.table_files import files_of_table

        return [str(file) for file in files_of_table(self.table)]

    def names(self, _levels: object) -> dict[str, str]:
        """Return what its columns are called, by our names, where the study says so."""
        return {str(ours): theirs for ours, theirs in self.study.columns.items()}

    def said(self, _levels: object) -> dict[str, Any]:
        """Return what the study says of its runs, for ``biasinit.runs.imported.Bringing``."""
        study = self.study
        return {
            "study": study.study,
            "schemes": [*study.schemes, *([study.replicate_name] if study.replicate_name else [])],
            "reference": study.reference,
            "epochs": study.epochs,
            "unit": study.unit,
            "metric": study.measured.to_mapping(),
            "margins": list(study.analysis.margins),
            "thresholds": list(study.analysis.thresholds),
        }
