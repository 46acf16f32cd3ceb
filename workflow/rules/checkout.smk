# Where the program lies as a folder: its library is imported, and its scripts import it too.

import os
import tarfile
import tempfile
from pathlib import Path

from snakemake.sourcecache import HostingProviderFile

# Debian 12 has Python 3.11.2, which knows no filters yet
SAFELY = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}


def checkout_of(source):
    """Return the folder of the program, given where Snakemake reads this workflow from.

    A workflow that names a hosted repository, as snakedeploy writes it, has a bare clone of it
    from Snakemake; its files are put into a folder of their own for each commit.
    """
    if not isinstance(source, HostingProviderFile):
        return Path(source.get_path_or_uri(secret_free=False)).absolute().parent
    clone = source.hosted_repo.repo
    commit = clone.commit(source.ref).hexsha
    folder = Path(".snakemake", "biasinit", commit).absolute()
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as unpacked:
            archive = Path(unpacked, "archive.tar")
            with archive.open("wb") as stream:
                clone.archive(stream, treeish=commit)
            with tarfile.open(archive) as files:
                files.extractall(Path(unpacked, "files"), **SAFELY)
            # whole or not at all; a job beside this one may have been first
            if not folder.exists():
                Path(unpacked, "files").rename(folder)
    return folder
