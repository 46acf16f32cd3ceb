"""Where the program lies, and how its files are named from where a person is."""

from pathlib import Path

# what belongs to the program is found from here, wherever the results go
REPOSITORY = Path(__file__).absolute().parents[4]
SCRIPTS = REPOSITORY / "workflow" / "scripts"  # Snakemake finds its logger there


def seen_from_here(path: Path) -> str:
    """Return a path as it is named from the working directory: relative where that holds it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
