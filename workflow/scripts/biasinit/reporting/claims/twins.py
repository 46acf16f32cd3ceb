"""Evidence that is how far the twins of siamese networks are from each other."""

from biasinit.reporting.claims.finding import Finding, Kind, Place, Tables
from biasinit.reporting.claims.means import means
from biasinit.reporting.selection import table
from biasinit.study.evidence import TwinEvidence

_PLACE = Place(table="twin_means", figure="twins", rule="rule-twins")


def find(evidence: TwinEvidence, tables: Tables) -> Finding:
    """Return the means by architecture."""
    return means(evidence, table(tables, _PLACE.table), by="architecture", place=_PLACE)


KIND = Kind(reads=(_PLACE.table,), find=find)
