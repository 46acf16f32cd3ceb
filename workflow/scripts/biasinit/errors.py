"""Errors that biasinit raises on purpose, and how their messages are worded.

BiasinitError
├── ConfigurationError    a study file or a setting cannot be used; lists every problem at once
├── OwnCodeError          a user's own function cannot be had, called or used
├── NetworkError          a network of a user's own cannot be trained, or not as the study asks
├── DataError             a data set is missing, damaged or of the wrong shape
├── RunsTableError        a table of runs lacks columns or holds impossible values
├── TableError            a table that was made has other columns than it was declared with
├── CheckpointError       a checkpoint is damaged, or does not belong to the shard that asks for it
├── CompilerError         the compiled engine cannot be built on this machine
├── DeviceError           the device that a job asks for is not there
├── PlanError             the registered plan of a study is missing or damaged
├── NotEstimableError     the data cannot answer the question that was asked of them
├── ReportError           the report of a study is missing or cannot be printed
├── FolderError           a file cannot be written: its folder is read-only, or the disk is full
├── StudyLockedError      another process is running the same study
└── SupersededError       another process has taken over the same job

A message names the key, file or column, says what is wrong with it (with the value), and
ends with what to change.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class BiasinitError(Exception):
    """Base of all errors that a user can mend; shown without a traceback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with one key of a study, and what to change."""

    key: str
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.key}: {self.what} {self.mend}".rstrip()


class ConfigurationError(BiasinitError):
    """Raised when a study file, or another setting, cannot be used.

    Attributes:
        problems: all of them.

    """

    def __init__(self, problems: Sequence[Problem], *, of: str = "The study") -> None:
        """Take all problems, and the words for what has them."""
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{of} has {count} problem{'s' if count != 1 else ''}:"
        super().__init__("\n".join([head, *(f"  - {problem}" for problem in self.problems)]))


class OwnCodeError(BiasinitError):
    """Raised when a function of a user's own cannot be had, called or used."""


class NetworkError(BiasinitError):
    """Raised when a module of PyTorch cannot be used; ``what`` is the message without its mend.

    The message goes on after the name of the network.
    """

    def __init__(self, what: str, mend: str) -> None:
        self.what, self.mend = what, mend
        super().__init__(f"The network {what} {mend}")


class DataError(BiasinitError):
    """Raised when a data set is missing, damaged or of the wrong shape."""


class RunsTableError(BiasinitError):
    """Raised when a table of runs lacks columns or holds impossible values."""


class TableError(BiasinitError):
    """Raised when a table that was made has other columns than it was declared with."""


class CheckpointError(BiasinitError):
    """Raised when a checkpoint is damaged or belongs to another shard."""


class CompilerError(BiasinitError):
    """Raised when the compiled engine cannot be built on this machine."""


class DeviceError(BiasinitError):
    """Raised when the device that a job asks for is not there."""


class PlanError(BiasinitError):
    """Raised when the registered plan of a study is missing or damaged."""


class NotEstimableError(BiasinitError):
    """Raised when the data cannot answer the question that was asked of them."""


class ReportError(BiasinitError):
    """Raised when the report of a study is missing or cannot be printed."""


class FolderError(BiasinitError):
    """Raised when a file cannot be written; ``what`` is the message without its mend."""

    def __init__(self, what: str, mend: str) -> None:
        self.what = what
        super().__init__(f"{what} {mend}")


class StudyLockedError(BiasinitError):
    """Raised when another process is already running the same study."""


class SupersededError(BiasinitError):
    """Raised when another process has taken over what this one was started for."""
