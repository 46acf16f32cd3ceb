"""Which specifications name code of a user's own."""

from biasinit.plugins.own_dataset import OwnDataset
from biasinit.plugins.own_network import OwnNetwork
from biasinit.plugins.own_scheme import OwnScheme
from biasinit.plugins.references import Reference
from biasinit.specs.keys import Keys


def own_reference(specification: Keys) -> Reference | None:
    """Return where a user's own object stands that a specification names; None where none does."""
    if isinstance(specification, OwnScheme | OwnDataset | OwnNetwork):
        return Reference.of(specification.object)
    return None
