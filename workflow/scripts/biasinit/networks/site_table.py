"""The sites of a module as rows: what people read before they train it."""

import math
from collections.abc import Iterator

from biasinit.networks.levels import IDENTITY, SHIFTS, WITHOUT, levels_of, what_happens
from biasinit.networks.sites import Site, Sites

LEVELS = (WITHOUT, *SHIFTS, IDENTITY)
HIDDEN, OUTPUT, UNTREATED = "hidden", "output", "untreated"
COLUMNS = (
    *("order", "name", "layer", "biases", "fan_in", "fan_out", "norm", "calls", "role", "note"),
    *LEVELS,
)


def site_table(sites: Sites) -> list[dict[str, object]]:
    """Return one row for each site in the order in which they run, then what is left as built.

    Columns are ``COLUMNS``, with one for each level of normalisation: what it does there, "" where
    the module has no such level.
    """
    rows = [_row(number, site, sites) for number, site in enumerate(sites)]
    return [*rows, *_left(sites, first=len(rows))]


def _row(number: int, site: Site, sites: Sites) -> dict[str, object]:
    there = levels_of(sites)
    return {
        "order": number,
        "name": site.name,
        "layer": site.layer_kind or f"{site.norm_kind} by itself",
        "biases": site.channels if site.layer else site.norm_channels,
        "fan_in": site.fan_in,
        "fan_out": site.fan_out,
        "norm": f"{site.norm} ({site.norm_kind})" if site.layer and site.norm else "",
        "calls": site.calls,
        "role": OUTPUT if site.is_output else HIDDEN,
        "note": "",
        **{level: what_happens(site, level, sites) if level in there else "" for level in LEVELS},
    }


def _left(sites: Sites, *, first: int) -> Iterator[dict[str, object]]:
    for number, left in enumerate(sites.untreated, start=first):
        yield {
            "order": number,
            "name": left.name,
            "layer": "parameter",
            "biases": math.prod(left.shape),
            "fan_in": 0,
            "fan_out": 0,
            "norm": "",
            "calls": 0,
            "role": UNTREATED,
            "note": left.reason,
            **dict.fromkeys(LEVELS, ""),
        }
