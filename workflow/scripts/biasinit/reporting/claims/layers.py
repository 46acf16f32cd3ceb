"""Evidence that is means of a probed quantity by layer."""

from dataclasses import replace

from biasinit.reporting.claims.finding import Bearing, Finding, Kind, Place, Tables
from biasinit.reporting.claims.means import asked, means
from biasinit.reporting.selection import matching, table
from biasinit.study.evidence import LayerEvidence

_PLACE = Place(table="layer_means", figure="mechanism", rule="rule-layers")


def find(evidence: LayerEvidence, tables: Tables) -> Finding:
    """Return the means; they refute the claim where an interval lies above its bound."""
    layers = table(tables, _PLACE.table)
    found = means(evidence, layers, by="layer", place=_PLACE)
    if evidence.refutes is None or found.bearing is Bearing.ABSENT:
        return found
    bounded = matching(asked(evidence, layers), scheme=evidence.refutes.scheme)
    above = (bounded["lower"].astype(float) > evidence.refutes.above).any()
    return replace(found, bearing=Bearing.REFUTES if above else Bearing.OPEN)


KIND = Kind(reads=(_PLACE.table,), find=find)
