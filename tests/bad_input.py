"""The inventory of bad input, read from the tests: ``python tests/bad_input.py``.

It prints docs/bad_input.md. Every case of a table of cases is one row with what is said, and so is
every test whose name says that something is named, refused or discarded.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parent
# heading, and where its tests are
AREAS = {
    "Study files": (
        "study/test_config.py",
        "study/test_own_data.py",
        "specs/test_schemes.py",
        "workflow/test_study.py",
    ),
    "Keys of a specification": ("specs/test_keys.py",),
    "Schemes and data sets of one's own": (
        "plugins/test_own_code.py",
        "training/test_own_preactivations.py",
        "test_workflow.py",
    ),
    "Networks of one's own": ("networks/test_inspection.py", "networks/test_sites.py"),
    "A model in hand": ("networks/test_model_in_hand.py",),
    "Plans, and two studies of one name": ("study/test_plan.py",),
    "Tables of runs that are brought": (
        "runs/test_table_files.py",
        "runs/test_imported.py",
        "workflow/test_brought_runs.py",
    ),
    "Tables of the study": ("test_tables.py",),
    "Images of one's own, prepared data, splits": (
        "data/test_own_images.py",
        "data/test_digits.py",
        "data/test_splits.py",
        "data/test_learnable.py",
        "data/test_pairs.py",
    ),
    "Folders of images": (
        "data/test_image_folder.py",
        "data/test_class_folders.py",
        "data/test_file_trees.py",
        "data/test_image_pixels.py",
        "workflow/test_image_folder_study.py",
    ),
    "MNIST and Fashion-MNIST": ("data/test_mnist.py",),
    "CIFAR-10": ("data/test_cifar10.py",),
    "Omniglot": ("data/test_omniglot.py",),
    "Downloads": ("data/test_downloads.py",),
    "Checkpoints": ("training/test_checkpoints.py", "training/test_loop.py"),
    "Shards without Snakemake": ("training/test_command_line.py",),
    "Starting a study, and jobs": (
        "execution/test_launch.py",
        "execution/test_command.py",
        "execution/test_places.py",
        "execution/progress/test_size.py",
        "execution/progress/test_notes.py",
        "execution/progress/test_terminal.py",
        "execution/takeover/test_lock.py",
        "execution/test_job.py",
        "clusters/sge/test_sge_scripts.py",
        "test_files.py",
        "execution/takeover/test_lease.py",
        "execution/devices/test_checkpoint_interval.py",
        "execution/costs/test_benchmarks.py",
        "execution/devices/test_slots.py",
        "workflow/test_interruptions.py",
    ),
    "Analyses of a table": ("statistics/test_messages.py",),
    "Names that are out to do harm": ("reporting/test_hostile_names.py",),
}
CASES = {"CASES", "WRONG", "DAMAGED"}
PROMISES = re.compile(
    r"named|refused|discarded|says_what|never_run|not_taken|not_followed|told_by|full_disk|"
    r"disk_that|whole_or_not|does_not_fit|writes_nothing|no_value_in_any_place"
)
TABLE_OF_CASES = (
    "test_bad_input",
    "test_what_is_wrong_is_named_with",
    "test_an_impossible_table_is",
    "test_a_wrong_array",
    "test_an_interpreter_that",
)
ALL_OF = "reporting/test_hostile_names.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One way in which input can be wrong, what is said of it, and the test that shows it."""

    area: str
    what: str
    said: str
    test: str


def cases() -> Iterator[Case]:
    """Yield all cases, in the order of the page."""
    for area, files in AREAS.items():
        for file in files:
            tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
            for node in tree.body:
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
                    (name,) = node.targets
                    if isinstance(name, ast.Name) and name.id in CASES:
                        yield from _of_table(node.value, area, file)
                elif isinstance(node, ast.FunctionDef) and _is_promise(node.name, file):
                    what = node.name.removeprefix("test_").replace("_", " ")
                    yield Case(area=area, what=what, said="", test=f"{file}::{node.name}")


def _is_promise(name: str, file: str) -> bool:
    if not name.startswith("test_") or name.startswith(TABLE_OF_CASES):
        return False  # the cases of a table have rows of their own
    return file == ALL_OF or bool(PROMISES.search(name))


def _of_table(table: ast.Dict, area: str, file: str) -> Iterator[Case]:
    for key, value in zip(table.keys, table.values, strict=True):
        if not isinstance(key, ast.Constant) or not isinstance(value, ast.Tuple):
            continue
        said = value.elts[-1]
        if isinstance(said, ast.Constant) and isinstance(said.value, str):
            text = re.sub(r"\\(\W)", r"\1", said.value)  # patterns of regular expressions
            yield Case(area=area, what=str(key.value), said=text, test=file)


def markdown() -> str:
    """Return the page."""
    found = list(cases())
    lines = [
        "# Bad input, and what is said of it",
        "",
        f"Made from the tests by `python tests/bad_input.py`: {len(found)} cases, each shown by a "
        "test.",
        "A study that cannot start and a job that cannot go on end with one clear message, which "
        "names the key or the file, the value and the mend, and with an exit status other than 0.",
        "Nothing is lost or half-written; a checkpoint that does not fit is discarded, and the log "
        "says so.",
        "Texts are as the tests expect them, often a part of the message; other rows name a test.",
    ]
    for area in AREAS:
        lines += ["", f"## {area}", "", "| what is wrong | what is said |", "|---|---|"]
        lines += [
            f"| {_cell(case.what)} | {_cell(case.said) or f'`tests/{case.test}`'} |"
            for case in found
            if case.area == area
        ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return re.sub(r"([|<>*_`\\])", r"\\\1", " ".join(text.split()))


if __name__ == "__main__":
    print(markdown(), end="")
