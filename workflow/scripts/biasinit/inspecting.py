"""What the rules of the workflow ask of networks that are inspected before anything is trained."""

from dataclasses import dataclass
from typing import Any

from biasinit.plugins.versions import CodeVersions
from biasinit.specs.keys import values_of
from biasinit.specs.networks.base import Module
from biasinit.study.model import Study
from biasinit.study.shards import Levels


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectedNetworks:
    """The networks of a study that are modules of PyTorch.

    Attributes:
        study: that trains them.
        versions: of the code that inspects them.

    """

    study: Study
    versions: CodeVersions

    @property
    def modules(self) -> list[Module]:
        """The networks themselves; a study may have none."""
        return [item for item in self.study.architectures if isinstance(item, Module)]

    def tables_for(self, levels: Levels) -> list[str]:
        """Return the table of sites that a shard waits for; none where no module is trained."""
        if str(levels["architecture"]) not in [module.name for module in self.modules]:
            return []
        return [self._table(str(levels["dataset"]), str(levels["architecture"]))]

    @property
    def tables(self) -> list[str]:
        """The tables of sites of all modules, on the images of every data set."""
        return [
            self._table(dataset.name, module.name)
            for dataset in self.study.datasets
            for module in self.modules
        ]

    def _table(self, dataset: str, module: str) -> str:
        return f"results/{self.study.study}/sites/{dataset}/{module}.parquet"

    def description(self, levels: Levels) -> dict[str, Any]:
        """Return the keys of a network."""
        return values_of(self.study.architecture(str(levels["architecture"])))

    def code(self, levels: Levels) -> str:
        """Return the version of the code that inspects a network."""
        architecture = self.study.architecture(str(levels["architecture"]))
        return self.versions.with_kinds("inspect_network.py", [architecture])
