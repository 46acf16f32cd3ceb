"""What a study is: its keys, their meaning and their checks, and how its file is read.

The models are frozen; below the scripts nobody sees a dictionary of configuration.
"""

from biasinit.config.parts import (
    Analysis,
    Architecture,
    Dataset,
    Optimizer,
    Schedule,
    Training,
)
from biasinit.config.reading import (
    json_schema,
    load_study,
    parse_any_study,
    parse_study,
    read_study_file,
)
from biasinit.config.study import Cell, ImportedStudy, Study

__all__ = [
    "Analysis",
    "Architecture",
    "Cell",
    "Dataset",
    "ImportedStudy",
    "Optimizer",
    "Schedule",
    "Study",
    "Training",
    "json_schema",
    "load_study",
    "parse_any_study",
    "parse_study",
    "read_study_file",
]
