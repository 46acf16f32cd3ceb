"""Names that several studies share, of definitions and of conditions."""

import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pandas as pd

from biasinit import numbers
from biasinit.study.definitions import StudyDefinitions

Names = Mapping[str, Mapping[str, str]]

ALWAYS_NAMED = ("dataset", "architecture")
WORDS = MappingProxyType(
    {"weight_init": "weights", "input_scaling": "inputs", "optimizer": "optimizer"}
)
"""Of the factors that a condition names where they are not the usual ones."""

FEW_KEYS = 2  # that tell two definitions of one name apart; with more, or long ones, it is a number
LONG = 30  # characters


def common_names(studies: Sequence[StudyDefinitions]) -> dict[str, dict[str, str]]:
    """Return the common name of each definition, by factor; "scheme" is one of the factors.

    It is the name that most studies have for it. Where two definitions have one name, the one of
    fewer studies is called by the keys that make it another: "sgd (schedule cosine)".
    """
    said: dict[str, dict[str, Counter[str]]] = {}
    for study in studies:
        for factor, levels in levels_of(study).items():
            for name, definition in levels.items():
                said.setdefault(factor, {}).setdefault(definition, Counter())[name] += 1
    return {factor: _told_apart(names) for factor, names in said.items()}


def levels_of(definitions: StudyDefinitions) -> dict[str, Mapping[str, str]]:
    """Return the definition of each scheme, and of each level of each factor, by name."""
    return {"scheme": definitions.schemes, **definitions.factors}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionNames:
    """The name of the condition of each row, and in words what a name does not say."""

    names: "pd.Series[str]"
    unless_named: str


def condition_names(effects: pd.DataFrame) -> ConditionNames:
    """Return data set and network, and of the other factors those that are not the usual ones.

    Usual is the level that most settings have. "digits, small_cnn, weights pytorch" is one name,
    and "digits, small_cnn" another, so two settings never have one. Those that differ in how they
    are trained alone are told apart by that: "digits, small_cnn (epochs 120)".

    Args:
        effects: ``setting`` and its factors, by their common names; "" where a study does not say;
            and ``training``, a definition.

    """
    settings = effects.drop_duplicates("setting")
    counts = {factor: Counter(settings[factor].astype(str)) for factor in WORDS}
    usual = {
        factor: min(found, key=lambda level: (-found[level], level))
        for factor, found in counts.items()
    }
    parts = [
        *(effects[factor].astype(str) for factor in ALWAYS_NAMED),
        *(_where_unusual(effects[factor].astype(str), usual[factor], factor) for factor in WORDS),
    ]
    named = [", ".join(filter(None, row)) for row in zip(*parts, strict=True)]
    return ConditionNames(
        names=_by_training(pd.Series(named, index=effects.index), effects["training"]),
        unless_named=", ".join(
            f"{WORDS[factor]} {level}" for factor, level in usual.items() if level
        ),
    )


def _by_training(names: "pd.Series[str]", training: "pd.Series[str]") -> "pd.Series[str]":
    """Return names of which each stands for one training: the one of most settings keeps it."""
    pairs = pd.DataFrame({"name": names, "training": training}).drop_duplicates()
    usual = Counter(pairs["training"])
    apart = {
        (name, definition): told
        for name, part in pairs.groupby("name")
        for definition, told in _told_apart(
            {text: Counter({str(name): usual[text]}) for text in part["training"]}
        ).items()
    }
    found = [apart[pair] for pair in zip(names, training, strict=True)]
    return pd.Series(found, index=names.index)


def _where_unusual(levels: "pd.Series[str]", usual: str, factor: str) -> list[str]:
    return ["" if level == usual else f"{WORDS[factor]} {level or 'not said'}" for level in levels]


def _told_apart(said: Mapping[str, Counter[str]]) -> dict[str, str]:
    taken: dict[str, str] = {}  # definition by name
    for definition, counts in sorted(said.items(), key=lambda item: (-item[1].total(), item[0])):
        name = min(counts, key=lambda value: (-counts[value], value))
        if name in taken:
            told = _difference(definition, taken[name])
            numbered = itertools.chain([told] if told else [], itertools.count(2))
            name = next(new for word in numbered if (new := f"{name} ({word})") not in taken)
        taken[name] = definition
    return {definition: name for name, definition in taken.items()}


def _difference(definition: str, usual: str) -> str:
    """Return what a definition has other than the usual one, in a few words, or nothing."""
    own, other = (dict(_leaves(json.loads(text))) for text in (definition, usual))
    changed = {key: value for key, value in own.items() if other.get(key) != value}
    text = ", ".join(_words(key, value) for key, value in changed.items())
    told = set(other) <= set(own) and 0 < len(changed) <= FEW_KEYS and len(text) <= LONG
    return text if told else ""


def _leaves(keys: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in keys.items():
        # what something is, is said by its own name: a schedule's kind is the schedule
        name = " ".join(filter(None, (above, "" if above and key == "kind" else key)))
        if isinstance(value, dict):
            yield from _leaves(value, name)
        else:
            yield name, value


def _words(key: str, value: object) -> str:
    key = key.replace("_", " ")
    if isinstance(value, bool):
        return key if value else f"no {key}"
    return f"{key} {numbers.plain(value) if isinstance(value, float) else value}"
