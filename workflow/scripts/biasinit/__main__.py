"""The command ``biasinit``: each of its commands is a module of its own, imported when it is asked.

So that ``biasinit --help`` is there at once, nothing else is imported here.
"""

import argparse
import difflib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

from biasinit import __version__

PROGRAM = "biasinit"


@dataclass(frozen=True, slots=True)
class Command:
    """A command: the function that does it, given its words, and what it is for.

    Attributes:
        does: the function, as "module:name"; it takes words and returns an exit status.
        what: one line of help.

    """

    does: str
    what: str

    def run(self, words: Sequence[str]) -> int:
        """Do it, and return the exit status."""
        module, name = self.does.split(":")
        function: Callable[[Sequence[str]], int] = getattr(import_module(module), name)
        return function(words)


COMMANDS: Mapping[str, Command] = {
    "study": Command("biasinit.execution.launch:main", "train a study, or go on with it"),
    "judge": Command(
        "biasinit.commands.judge:main", "verdicts and a report on a table of runs of your own"
    ),
    "inspect": Command(
        "biasinit.commands.inspect:main", "list every place for biases of a network of your own"
    ),
    "initialise": Command(
        "biasinit.commands.initialise:main", "list the schemes that can start biases"
    ),
    "progress": Command("biasinit.execution.progress.terminal:main", "how far a study is"),
}

EXAMPLES = """examples:
  biasinit study                                  the study of this project, on all cores
  biasinit judge runs.csv --reference zeros --margin 0.5
  biasinit inspect torchvision.models:resnet18 --images 3x32x32
  biasinit COMMAND --help                         what a command can be told"""


def main(words: Sequence[str] | None = None) -> int:
    """Do what the words ask for, and return the exit status."""
    words = sys.argv[1:] if words is None else words
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="How should the biases of a convolutional network be initialised?",
        epilog="\n".join(
            ["commands:", *(f"  {name:<12}{command.what}" for name, command in COMMANDS.items())]
        )
        + f"\n\n{EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    parser.add_argument("command", nargs="?", metavar="COMMAND", help="one of those below")
    # what comes after the command is the command's
    options = parser.parse_args(words[:1])
    if options.command is None:
        parser.print_help()
        return 2
    if options.command not in COMMANDS:
        near = difflib.get_close_matches(options.command, COMMANDS, n=1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        print(
            f"{PROGRAM}: {options.command!r} is not a command.{meant} See '{PROGRAM} --help'.",
            file=sys.stderr,
        )
        return 2
    return COMMANDS[options.command].run(words[1:])


if __name__ == "__main__":
    sys.exit(main())
