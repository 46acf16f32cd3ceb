"""What the rules of the workflow ask of a study that brings its runs as a table or as logs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biasinit.errors import ConfigurationError, RunsTableError
from biasinit.execution.places import seen_from_here
from biasinit.study.check import braces
from biasinit.study.model import ImportedStudy
from biasinit.vocabulary import CURVE, FROM_CURVES


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtRuns:
    """The runs that a study brings.

    Methods that take levels are functions that rules name: what a function returns is never taken
    for a pattern.

    Attributes:
        study: that brings them.
        folder: of the study file.

    """

    study: ImportedStudy
    folder: Path

    @property
    def table(self) -> Path:
        """The file or folder, as named from the working directory, or else from the study file."""
        return self._placed(self.study.runs_table)

    @property
    def curves_table(self) -> Path | None:
        """The file of the learning curves, in the same way; None where there is none."""
        return self._placed(self.study.curves_table) if self.study.curves_table else None

    def _placed(self, path: str) -> Path:
        here, beside = Path(path), self.folder / path
        return here if here.exists() or not beside.exists() else Path(seen_from_here(beside))

    @property
    def columns(self) -> frozenset[str]:
        """The columns that the runs have, by our names.

        Of logs the study itself says them: to read a store of thousands of files for each job
        would take longer than the job.

        Raises:
            RunsTableError: they cannot be read.
            ConfigurationError: a file of them has a name that no rule can have.

        """
        study = self.study
        if study.format == "table":
            from biasinit.runs.imported import read_brought_runs  # pandas, which no other needs

            elsewhere = (CURVE,) if study.curves_table else ()
            named = dict(self.names)
            frame = read_brought_runs(self.table, named, elsewhere=elsewhere).frame
            found = frozenset(map(str, frame.columns))
        else:
            found = frozenset({*self.names, *study.parts_of_name}) - {"_"}
            found |= {"failed"} if study.unfinished == "failed" else set()
        files = self.files(None)
        odd = [problem for file in files for problem in braces("runs_table", file)]
        if odd:
            raise ConfigurationError(odd)
        return found | (frozenset({*FROM_CURVES, CURVE}) if study.has_curves else frozenset())

    def files(self, _levels: object) -> list[str]:
        """Return the files that they are read from."""
        from biasinit.runs.importers.contract import files_of_logs
        from biasinit.runs.table_files import files_of_table

        found = (
            files_of_table(self.table)
            if self.study.format == "table"
            else files_of_logs(self.study.format, self.table)
        )
        return [*map(str, found), *map(str, self._files_of_curves())]

    def _files_of_curves(self) -> list[Path]:
        from biasinit.runs.table_files import files_of_table

        path = self.curves_table
        if path is not None and not path.exists():
            raise RunsTableError(f"The curves {path} cannot be read: they are not there.")
        return files_of_table(path) if path else []

    @property
    def names(self) -> dict[str, str]:
        """What columns, metrics and parameters are called, by our names."""
        named = {str(ours): theirs for ours, theirs in self.study.columns.items()}
        if self.study.format == "table":
            return named
        from biasinit.runs.sources import names_of_logs

        return names_of_logs(named, self.study.parts_of_name)

    @property
    def module(self) -> list[str]:
        """The file of the importer, which is looked up by name; none of a table."""
        from biasinit.runs.importers.contract import module_of

        if self.study.format == "table":
            return []
        return [f"{module_of(self.study.format).replace('.', '/')}.py"]

    @property
    def outputs(self) -> dict[str, str]:
        """The files that are made of them, with the name of the study in braces."""
        made = ["runs", *(["curves"] if self.study.has_curves else [])]
        return {name: f"results/{{study}}/{name}.parquet" for name in made}

    def asked(self, _levels: object) -> dict[str, Any]:
        """Return what the study says of its logs, for ``biasinit.runs.importers``."""
        study = self.study
        return {
            "columns": self.names,
            "schemes": self._schemes,
            "run_name": study.run_name,
            "experiment": study.experiment,
            "has_curves": study.has_curves,
            "unfinished": study.unfinished,
            "steps_per_epoch": study.steps_per_epoch,
            "steps_from": study.steps_from,
            "epochs": study.epochs,
        }

    @property
    def _schemes(self) -> list[str]:
        study = self.study
        return [*study.schemes, *([study.replicate_name] if study.replicate_name else [])]

    def said(self, _levels: object) -> dict[str, Any]:
        """Return what the study says of its runs, for ``biasinit.runs.imported.Bringing``."""
        study = self.study
        return {
            "study": study.study,
            "schemes": self._schemes,
            "reference": study.reference,
            "epochs": study.epochs,
            "unit": study.unit,
            "metric": study.measured.to_mapping(),
            "margins": list(study.analysis.margins),
            "thresholds": dict(study.analysis.thresholds),
        }
