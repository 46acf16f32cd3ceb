"""The versions of the code behind the jobs of a workflow, each worked out once."""

from collections.abc import Sequence
from pathlib import Path

from biasinit.plugins.digest import code_version, own_code_version
from biasinit.plugins.own import own_reference
from biasinit.plugins.references import Reference
from biasinit.specs.keys import Keys


class CodeVersions:
    """Versions of scripts with the kinds that they look up; a thousand jobs share few of them."""

    def __init__(self, scripts: Path, *, folder: Path) -> None:
        """Take the folder of the scripts, and that which users' own files are relative to."""
        self._scripts = scripts
        self._folder = folder
        self._known: dict[tuple[str, ...], str] = {}

    def of(self, *files: str) -> str:
        """Return the version of a script, and of modules that it looks up by name."""
        if files not in self._known:
            paths = (self._scripts / file for file in files)
            self._known[files] = code_version(*paths, root=self._scripts)
        return self._known[files]

    def with_kinds(self, script: str, specifications: Sequence[Keys]) -> str:
        """Return the version of a script and of the kinds of specifications, users' own too."""
        modules = {type(item).__module__ for item in specifications}
        modules |= {Reference.of(text).place for item in specifications for text in item.looked_up}
        own = filter(None, map(own_reference, specifications))
        return " ".join([self.of(script, *sorted(map(_file, modules))), *map(self.of_own, own)])

    def of_own(self, reference: Reference) -> str:
        """Return the version of a user's own object."""
        key = (str(reference),)
        if key not in self._known:
            seen = reference.seen_from(self._folder)
            self._known[key] = own_code_version(seen, root=self._scripts)
        return self._known[key]


def _file(module: str) -> str:
    return f"{module.replace('.', '/')}.py"
