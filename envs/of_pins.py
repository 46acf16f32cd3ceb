"""Prints an environment for conda with every pin of a lock of pip's, for ``make lock``."""

import sys
from pathlib import Path

# what conda-forge and bioconda call otherwise than PyPI does
CONDA_NAMES = {
    "connection-pool": "connection_pool",
    "fastjsonschema": "python-fastjsonschema",
    "interface-meta": "interface_meta",
    "jupyter-core": "jupyter_core",
    "smart-open": "smart_open",
    "snakemake": "snakemake-minimal",  # 'snakemake' brings plugins that nothing here uses
    "torch": "pytorch",
    "typing-extensions": "typing_extensions",
    "tzdata": "python-tzdata",
}
PYTHON = "3.11"  # of the lock
HEAD = f"""\
# Every pin of requirements.txt for conda; made by: make lock. A test compares the two.
#   conda env create --name biasinit --file envs/environment.yaml
# The names are conda-forge's and bioconda's; it was not solved with conda here.
channels: [conda-forge, bioconda, nodefaults]
dependencies:
  - python ={PYTHON}
"""


def environment(lock: str) -> str:
    """Return the environment of a lock, in YAML."""
    pins = [line.split("==") for line in lock.splitlines() if "==" in line]
    return HEAD + "".join(
        f"  - {CONDA_NAMES.get(name, name)} ={version}\n" for name, version in pins
    )


if __name__ == "__main__":
    print(environment(Path(sys.argv[1]).read_text(encoding="utf-8")), end="")
