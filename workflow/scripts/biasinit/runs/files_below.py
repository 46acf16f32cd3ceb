"""Files below a folder of runs, and what they are called from there."""

from pathlib import Path


def below(folder: Path, pattern: str = "*") -> list[Path]:
    """Return the files of a pattern below a folder, without hidden ones and those in hidden ones.

    In the order of their names.
    """
    if not folder.is_dir():
        return []
    return sorted(
        file
        for file in folder.rglob(pattern)
        if file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )


def place_of(path: Path, folder: Path) -> str:
    """Return a path below a folder as a name of a run: with slashes, or the folder's own name."""
    relative = path.relative_to(folder).as_posix()
    return folder.absolute().name if relative == "." else relative
