"""Where the program lies, and how its files are named from where a person is."""

import re
import sys
from pathlib import Path

from biasinit.errors import ConfigurationError, Problem

# what belongs to the program is found from here, wherever the results go
REPOSITORY = Path(__file__).absolute().parents[4]
SCRIPTS = REPOSITORY / "workflow" / "scripts"  # Snakemake finds its logger there


def seen_from_here(path: Path) -> str:
    """Return a path as it is named from the working directory: relative where that holds it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


# what a shell reads as more than a character of a name
_OF_THE_SHELL = re.compile(r"""[\s"'`$\\&|;<>()*?\[\]{}!#~]""")


def refuse_impossible_places(*, interpreter: str, study_file: Path | None) -> None:
    """Refuse places from which no job can start, before the first one.

    Snakemake hands the interpreter's path to a shell as it is, without quotes, and takes a brace in
    the name of a file for a wildcard.

    Args:
        interpreter: the running Python.
        study_file: None where the keys of the study came from elsewhere.

    Raises:
        ConfigurationError: with every such place.

    """
    odd = sorted(set(_OF_THE_SHELL.findall(interpreter)))
    problems = []
    if odd:
        problems.append(
            Problem(
                key=interpreter,
                what=f"is the Python that runs this, and a shell takes {' '.join(map(repr, odd))} "
                "in its path for more than a part of a name, so no job could start.",
                mend="Move the clone, with its .venv, to a folder whose path has letters, digits "
                "and . _ + - only, and make .venv again there.",
            )
        )
    braced = [REPOSITORY, *([Path(seen_from_here(study_file.absolute()))] if study_file else [])]
    problems += [
        Problem(
            key=str(path),
            what="must have no braces in its path, which Snakemake takes for wildcards.",
            mend="Rename it, or the folder that it lies in.",
        )
        for path in braced
        if "{" in str(path)
    ]
    if problems:
        raise ConfigurationError(problems, of="The place")


def refuse_impossible_cores(cores: object) -> None:
    """Refuse a number of processor cores with which no job can start.

    Args:
        cores: a number, or the words of a person; None where nobody said it.

    Raises:
        ConfigurationError: it is neither a whole number from 1 on nor 'all'.

    """
    words = str(cores)
    if cores is None or words == "all" or (words.isdecimal() and int(words) > 0):
        return
    problem = Problem(
        key="--cores",
        what=f"must be a whole number from 1 on, or 'all', got {words!r}.",
        mend="Say 'make study CORES=2', or leave it out for all cores.",
    )
    raise ConfigurationError([problem], of="The command")


if __name__ == "__main__":  # make asks before it installs anything
    try:
        refuse_impossible_places(interpreter=str(Path(sys.argv[1]).absolute()), study_file=None)
    except ConfigurationError as error:
        sys.exit(str(error))
