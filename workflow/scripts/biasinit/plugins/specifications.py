"""From the values in a job's description to the specification of their kind."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from biasinit.plugins.references import Reference
from biasinit.plugins.registry import DATASETS, NETWORKS, SCHEMES, Family
from biasinit.plugins.resolve import resolve
from biasinit.specs.keys import Keys, from_values

if TYPE_CHECKING:  # a job that uses one of them is not made again for another
    from biasinit.specs.datasets.base import Dataset
    from biasinit.specs.networks.base import Architecture
    from biasinit.specs.schemes.base import BiasScheme

Values = Mapping[str, Any]

# what an entry without a 'kind' is
USUAL_DATASET = "digits"
USUAL_NETWORK = "small_cnn"


def scheme_of(values: Values, *, folder: Path) -> "BiasScheme":
    """Return the scheme that values with a ``kind`` describe.

    Args:
        values: key and value, as ``specs.keys.values_of`` gave them away.
        folder: of the study file, which a user's own files are relative to.

    Raises:
        ValueError: the kind is unknown, or a value is impossible.
        TypeError: a key is missing, or not known.

    """
    found: BiasScheme = _specification(SCHEMES, values, folder)
    return found


def architecture_of(values: Values, *, folder: Path) -> "Architecture":
    """Return the network that values describe, as ``scheme_of`` does."""
    found: Architecture = _specification(NETWORKS, {"kind": USUAL_NETWORK, **values}, folder)
    return found


def dataset_of(values: Values, *, folder: Path) -> "Dataset":
    """Return the data set that values describe, as ``scheme_of`` does."""
    found: Dataset = _specification(DATASETS, {"kind": USUAL_DATASET, **values}, folder)
    return found


def kind_of(family: Family, name: object) -> type[Keys]:
    """Return the class of a kind.

    Raises:
        ValueError: the family has none of this name.

    """
    if name not in family:
        raise ValueError(f"'kind' must be one of {', '.join(family)}, got {name!r}.")
    found: type[Keys] = resolve(family[str(name)])
    return found


def _specification(family: Family, values: Values, folder: Path) -> Any:  # noqa: ANN401  # of the family
    return from_values(kind_of(family, values.get("kind")), _seen_from(folder, values))


def _seen_from(folder: Path, values: Values) -> Values:
    """Return values with the user's own files as they are found from a folder."""
    if "object" not in values:
        return values
    found = {**values, "object": str(Reference.of(values["object"]).seen_from(folder))}
    if "files" in values:
        found["files"] = [str(folder / file) for file in values["files"]]
    return found
