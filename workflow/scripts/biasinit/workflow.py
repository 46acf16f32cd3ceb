"""What the rules of the workflow ask of a study: which jobs there are, and what each needs.

``Workflow.read`` takes the configuration as Snakemake merged it and reads the study once; the
rules get everything else from that one object. Snakemake itself is not known here.
"""

import itertools
import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from biasinit.analyses.contract import AnalysedStudy, Analysis
from biasinit.analyses.index import analyses_of
from biasinit.analyses.keys import plan_keys
from biasinit.bringing import BroughtRuns
from biasinit.execution.places import refuse_impossible_places, seen_from_here
from biasinit.execution.progress.size import StudySize, announce, announce_in
from biasinit.execution.takeover.guard import announce_workflow
from biasinit.execution.takeover.lease import refuse_if_superseded, take_folder
from biasinit.execution.takeover.lock import HANDED_ON, hold_lock_in_workflow
from biasinit.files import date_back, remove_all_unfinished
from biasinit.inspecting import InspectedNetworks
from biasinit.plugins.own_dataset import OwnDataset
from biasinit.plugins.versions import CodeVersions
from biasinit.reporting.index import tables_shown
from biasinit.runs.columns import Table
from biasinit.runs.tables import BROUGHT_CURVES, BROUGHT_TABLES, RUNS, SITES, TRAINED_TABLES
from biasinit.specs.cell import Cell
from biasinit.specs.datasets.base import Dataset
from biasinit.study.claims import Claim, level_questions, read_claims
from biasinit.study.model import ImportedStudy, Study
from biasinit.study.own_data import files_of, folders_of, prepared_file, versions_of_folders
from biasinit.study.plan import plan_of, register
from biasinit.study.reading import parse_any_study, read_study_file, typed_on_the_command_line
from biasinit.study.shard_order import ShardOrder
from biasinit.study.shards import PARTS, PATTERN, Levels, Shard
from biasinit.vocabulary import IDENTITY

RESULTS = Path("results")


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """One study as the rules see it.

    Attributes:
        study: what the study file says, checked.
        claims: the sentences that the study may test.
        claims_file: where they stand.
        run_columns: columns that the table `runs` has.
        repository: folder of the program; what belongs to the program is found from there.
        study_file: the study file, None where the keys came from elsewhere.

    """

    study: Study | ImportedStudy
    claims: tuple[Claim, ...]
    claims_file: Path
    run_columns: frozenset[str]
    repository: Path
    study_file: Path | None

    @classmethod
    def read(
        cls, config: Mapping[str, Any], *, study_files: Sequence[Path], repository: Path
    ) -> "Workflow":
        """Return the workflow of the study that a configuration describes.

        Args:
            config: keys and values, as Snakemake merged them.
            study_files: the files that they came from.
            repository: folder of the program.

        Raises:
            BiasinitError: what is wrong with the study, its claims or the table of its runs, or
                another workflow took this folder over.

        """
        refuse_if_superseded(Path.cwd())
        # refuses keys that stand in a file twice, of which Snakemake keeps the last; a workflow
        # that uses this one as a module has files of its own, and hands keys over
        keys = {path: read_study_file(path) for path in study_files}
        # a name from the command line leaves the file the study's own
        named = [path for path in keys if keys[path].get("study") == config.get("study")]
        named += [path for path in keys if {"study", "schemes"} <= set(keys[path])]
        study_file = next(iter(named), None)
        refuse_impossible_places(interpreter=sys.executable, study_file=study_file)
        folder = study_file.parent if study_file else Path.cwd()
        with typed_on_the_command_line(config, keys.get(study_file, {}) if study_file else {}):
            study = parse_any_study(config, folder=folder)
        claims_file = repository / "claims.yaml" if study.claims is None else folder / study.claims
        return cls(
            study=study,
            claims=tuple(read_claims(claims_file)),
            claims_file=claims_file,
            run_columns=(
                frozenset(RUNS.column_names)
                if isinstance(study, Study)
                else BroughtRuns(study=study, folder=folder).columns
            ),
            repository=repository,
            study_file=study_file,
        )

    @property
    def scripts(self) -> Path:
        """Folder of the scripts and of the library."""
        return self.repository / "workflow" / "scripts"

    def file(self, name: str) -> str:
        """Return the path of a file of the program, such as 'claims.yaml'.

        Relative to the working directory where that holds it, so that a study that moves together
        with the program has the same inputs as before.
        """
        return seen_from_here(self.repository / name)

    @property
    def claims_inputs(self) -> dict[str, str]:
        """Files that the ledger of claims is made from; what people do is known of the thread's."""
        files = {"claims": seen_from_here(self.claims_file)}
        if self.study.claims is None:
            files["prevalence"] = self.file("prevalence.yaml")
        return files

    @property
    def configfile(self) -> str | None:
        """The study file as a command names it; None for the default study's, or for none."""
        if self.study_file is None or self.study_file == self.repository / "config.yaml":
            return None
        return seen_from_here(self.study_file)

    @property
    def folder(self) -> Path:
        """Folder of the study's results, below the working directory."""
        return RESULTS / self.study.study

    @property
    def is_trained(self) -> bool:
        """Whether the study trains its runs; otherwise it brings them as a table."""
        return isinstance(self.study, Study)

    @property
    def _trained(self) -> Study:
        if not isinstance(self.study, Study):
            raise TypeError(f"{self.study.study} brings its runs; nothing is trained.")
        return self.study

    @property
    def study_folder(self) -> str:
        """Folder that a user's own files are relative to: of the study file, or the working one."""
        return str(self.study_file.parent if self.study_file else Path.cwd())

    def code(self, *files: str) -> str:
        """Return the version of the code behind a script, and behind modules that it looks up."""
        return self._versions.of(*files)

    def code_of_dataset(self, levels: Levels) -> str:
        """Return the version of the code that makes a data set."""
        return self._versions.with_kinds("prepare_data.py", [self._dataset(levels)])

    def code_of_shard(self, levels: Levels) -> str:
        """Return the version of the code that trains a shard: of its own kinds, and no others."""
        shard = Shard.of(levels)
        scheme = self._trained.trained_scheme(shard.scheme)
        architecture = self._trained.architecture(shard.level("architecture"))
        return self._versions.with_kinds("train.py", [scheme, architecture])

    @property
    def code_of_predictions(self) -> str:
        """Return the version of the code that predicts by theory, with all kinds of the study."""
        kinds = [*self._trained.schemes, *self._trained.architectures]
        return self._versions.with_kinds("predict_layers.py", kinds)

    @cached_property
    def plan(self) -> dict[str, Any]:
        """The plan, with the versions of users' own code."""
        own = self.study.own_code if isinstance(self.study, Study) else {}
        versions = {place: self._versions.of_own(reference) for place, reference in own.items()}
        return plan_of(self.study, versions)

    @cached_property
    def _versions(self) -> CodeVersions:
        return CodeVersions(self.scripts, folder=Path(self.study_folder))

    def dataset_description(self, levels: Levels) -> dict[str, Any]:
        """Return how a data set is made and split."""
        return self._dataset(levels).description

    def _dataset(self, levels: Levels) -> Dataset:
        return self._trained.dataset(str(levels["dataset"]))

    def dataset_files(self, levels: Levels) -> list[str]:
        """Return the files of one's own that a data set is read from."""
        dataset = self._dataset(levels)
        if not isinstance(dataset, OwnDataset):
            return files_of(dataset)
        return [seen_from_here(Path(self.study_folder) / file) for file in dataset.files]

    def dataset_folders(self, levels: Levels) -> list[str]:
        """Return the folders of one's own that a data set is read from."""
        return folders_of(self._dataset(levels))

    def versions_of_folders(self, levels: Levels) -> list[str]:
        """Return what changes when a file in one of these folders does."""
        return versions_of_folders(self._dataset(levels))

    def prepared_datasets(self) -> list[str]:
        """Return the prepared files of all data sets."""
        names = [dataset.name for dataset in self._trained.datasets]
        return [prepared_file(self.study.study, name) for name in names]

    @property
    def bringing(self) -> BroughtRuns:
        """What there is to ask of a study that brings its runs as a table."""
        if not isinstance(self.study, ImportedStudy):
            raise TypeError(f"{self.study.study} trains its runs; none are brought.")
        return BroughtRuns(study=self.study, folder=Path(self.study_folder))

    @property
    def inspecting(self) -> InspectedNetworks:
        """What there is to ask of the networks that are inspected before anything is trained."""
        return InspectedNetworks(study=self._trained, versions=self._versions)

    @property
    def level_patterns(self) -> dict[str, str]:
        """Regular expressions that match exactly the levels of the study, by part of the path."""
        levels = {part: {shard.level(part) for shard in self.shards} for part in PARTS}
        return {
            part: r"\d+" if part == "shard" else "|".join(map(re.escape, sorted(found)))
            for part, found in levels.items()
        }

    def shard_file(self, table: str, ending: str = "parquet") -> str:
        """Return the file of one table of a shard, with names in braces for its levels."""
        return f"{RESULTS}/{{study}}/{table}/{PATTERN}.{ending}"

    @cached_property
    def shards(self) -> tuple[Shard, ...]:
        """Every shard of the study."""
        if not isinstance(self.study, Study):
            return ()
        return tuple(
            Shard.of(
                {
                    **cell.levels,
                    "normalization": normalization,
                    "scheme": scheme,
                    "shard": number,
                }
            )
            for cell, normalization in self.study.conditions
            for scheme in self.study.schemes_at(normalization)
            for number in self.study.shard_numbers
        )

    def shard_tables(self, table: str) -> list[str]:
        """Return the files of one table, one for each shard."""
        return [f"{self.folder}/{table}/{shard.path}.parquet" for shard in self.shards]

    def shard_description(self, levels: Levels) -> dict[str, Any]:
        """Return what training one shard needs to know, and nothing else."""
        shard = Shard.of(levels)
        return self._trained.shard_description(
            cell=self._cells[shard.cell],
            normalization=shard.normalization,
            scheme=shard.scheme,
            shard=shard.number,
        )

    def shard_priority(self, levels: Levels) -> int:
        """Return a number that is higher, the earlier the shard is to start."""
        shard = Shard.of(levels)
        return self._order.priority(
            self._cells[shard.cell], shard.normalization, shard.scheme, shard.number
        )

    @cached_property
    def _cells(self) -> dict[tuple[str, ...], Cell]:
        return {Shard.cell_of(cell.levels): cell for cell in self._trained.cells}

    @cached_property
    def _order(self) -> ShardOrder:
        return ShardOrder(self._trained)

    def arms_to_predict(self) -> list[dict[str, Any]]:
        """Return what theory needs of each arm; optimisers and learning rates change no start."""
        arms = {}
        for cell, normalization in self._trained.conditions:
            if normalization == IDENTITY:
                continue
            if self._trained.architecture(cell.architecture).layout is None:
                continue  # no theory is written down for modules of PyTorch
            for scheme in self._trained.schemes:
                arm = self._trained.shard_description(
                    cell=cell, normalization=normalization, scheme=scheme.name, shard=0
                )
                kept = {
                    name: arm[name] for name in ("architecture", "normalization", "scheme", "label")
                }
                place = {
                    name: arm["cell"][name]
                    for name in ("dataset", "architecture", "weight_init", "input_scaling")
                }
                arms[(*place.values(), normalization, scheme.name)] = kept | {"cell": place}
        return list(arms.values())

    @cached_property
    def analysed(self) -> AnalysedStudy:
        """The study as its analyses see it."""
        study = self.study
        networks = study.architectures if isinstance(study, Study) else ()
        return AnalysedStudy(
            plan=plan_keys(study, level_questions(self.claims, study.study)),
            run_columns=self.run_columns,
            compares_pairs=any(network.compares_pairs for network in networks),
            learning_rates=len(study.learning_rates) if isinstance(study, Study) else None,
        )

    @cached_property
    def analyses(self) -> tuple[Analysis, ...]:
        """The analyses that the study has."""
        return analyses_of(self.analysed, self._tables_of_runs)

    @property
    def _tables_of_runs(self) -> tuple[Table, ...]:
        if isinstance(self.study, ImportedStudy):
            return (*BROUGHT_TABLES, *([BROUGHT_CURVES] if self.study.has_curves else []))
        return (*TRAINED_TABLES, SITES) if self.inspecting.modules else TRAINED_TABLES

    @cached_property
    def tables_made(self) -> dict[str, str]:
        """The file of each table that the study has, with the name of the study in braces."""
        made = itertools.chain.from_iterable(analysis.makes for analysis in self.analyses)
        return {
            table.name: f"{RESULTS}/{{study}}/{table.path}"
            for table in (*self._tables_of_runs, *made)
        }

    def tables_read_by(self, analysis: Analysis) -> dict[str, str]:
        """Return the file of each table that an analysis of the study reads."""
        there = [name for name in analysis.reads_if_there if name in self.tables_made]
        return {name: self.tables_made[name] for name in (*analysis.reads, *there)}

    def tables_made_by(self, analysis: Analysis) -> dict[str, str]:
        """Return the file of each table that an analysis makes."""
        return {table.name: self.tables_made[table.name] for table in analysis.makes}

    @property
    def goals(self) -> list[str]:
        """What is made when nothing else is asked for: the report, and all tables of analyses."""
        tables = [table for analysis in self.analyses for table in analysis.makes]
        return [f"{self.folder}/{path}" for path in ("report.html", *(t.path for t in tables))]

    @property
    def reported_tables(self) -> dict[str, str]:
        """The file of each table that the report shows and the study has."""
        shown = tables_shown()
        return {name: file for name, file in self.tables_made.items() if name in shown}

    @property
    def size(self) -> StudySize:
        """How much there is to train, for those who show progress."""
        return StudySize(
            study=self.study.study,
            folder=str(self.folder),
            runs=self.study.run_count if isinstance(self.study, Study) else 0,
            shards=tuple(shard.path for shard in self.shards),
            runs_per_shard=self.study.seeds_per_shard if isinstance(self.study, Study) else 0,
        )

    def announce(self) -> None:
        """Tell jobs whose workflow they belong to, and 'make study' how large the study is."""
        announce_workflow()
        announce(self.size)

    def begin(self) -> None:
        """Before the first job: one workflow at a time, and the plan on record.

        Raises:
            BiasinitError: another workflow runs here, or the plan cannot be registered.

        """
        hold_lock_in_workflow(Path.cwd())
        take_folder(Path.cwd())
        ahead = date_back(self.folder)
        if ahead:
            what = "dated in the future, as by a clock that was ahead, are dated now"
            print(f"Files {what}: {ahead}.", file=sys.stderr)
        register(self.plan, self.folder, now=datetime.now(UTC))
        announce_in(self.folder, self.size)

    def tidy_up(self) -> None:
        """After the last job: jobs that were killed while they wrote a table left a part of it."""
        remove_all_unfinished(self.folder)

    def how_to_go_on(self) -> str:
        """Return what to do after a failed job; nothing for 'make study', which says it itself."""
        if HANDED_ON in os.environ:
            return ""
        command = shlex.join(["snakemake", *sys.argv[1:]])
        return (
            f"The study is not finished. Logs of jobs: {self.folder / 'logs'}. When the cause is "
            f"mended, this goes on from here; finished runs are kept:\n  {command}\n"
        )
