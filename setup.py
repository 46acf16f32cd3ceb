"""What pyproject.toml cannot say: the wheel carries the files of the repository that a study needs.

They lie beside the library, in the folder biasinit_program, laid out as here; the library finds
them there (biasinit/execution/places.py).
"""

from setuptools import find_packages, setup

PROGRAM = (
    *("Snakefile", "config.yaml", "claims.yaml", "prevalence.yaml"),
    *("config/*", "envs/*", "profiles/*/*", "report/*", "studies/*"),
    *("workflow/Snakefile", "workflow/profiles/*/*", "workflow/rules/*", "workflow/schemas/*"),
    *("workflow/scripts/*.py", "workflow/scripts/**/*.py", "workflow/scripts/**/*.cpp"),
)

setup(
    packages=[
        *find_packages(
            "workflow/scripts", include=["biasinit*", "snakemake_logger_plugin_biasinit"]
        ),
        "biasinit_program",
    ],
    package_dir={"": "workflow/scripts", "biasinit_program": "."},
    package_data={"biasinit.networks": ["*.cpp"], "biasinit_program": list(PROGRAM)},
)
