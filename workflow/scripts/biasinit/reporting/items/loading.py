"""From a line of the index to the item."""

from importlib import import_module

from biasinit.reporting.index import Entry
from biasinit.reporting.items.kinds import FigureItem, Item


def item_of(entry: Entry) -> Item:
    """Return the item of an entry."""
    item: Item = import_module(entry.module).ITEM
    return item


def figure_item(entry: Entry) -> FigureItem:
    """Return the item of an entry that is a figure."""
    item = item_of(entry)
    if not isinstance(item, FigureItem):
        raise TypeError(f"{entry.module} holds no figure, but its line in the index says so.")
    return item
