"""One folder for compiled code, shared by all jobs of all studies.

Compiled code depends on the processor: on a cluster of several kinds a shared folder has one
part for each.
"""

import os
from pathlib import Path

from biasinit.processor import CACHE_VARIABLE, processor_digest


def share_compiled_code(folder: Path) -> None:
    """Let this process, and those it starts, keep compiled code in ``folder``.

    A folder that the environment names already is used as it is.
    """
    os.environ.setdefault(CACHE_VARIABLE, str((folder / processor_digest()).absolute()))
