"""The audit of pairing: equal starts and orders, and what the pairing gains."""

import pytest

from biasinit.statistics.paired.pairing import pairing_audit
from generated_study import SCHEMES


def test_unequal_weights_are_caught_and_unequal_orders_too(runs):
    table = runs.copy()
    table.loc[(table["scheme"] == "one") & (table["seed"] == 3), "weights_hash"] = "other"
    found = pairing_audit(table, reference="zeros", schemes=(*SCHEMES, "zeros_again"))
    by_scheme = found.groupby("scheme")[["weights_equal", "orders_equal"]].all()
    assert not by_scheme.loc["one", "weights_equal"]
    assert by_scheme.loc["xavier"].all()
    assert not by_scheme.loc["zeros_again", "orders_equal"]


def test_variance_gain_is_the_ratio_of_unpaired_to_paired_variance(runs):
    found = pairing_audit(runs, reference="zeros", schemes=SCHEMES)
    row = found[(found["scheme"] == "xavier") & (found["normalization"] == "none")].iloc[0]
    part = runs[(runs["normalization"] == "none") & (runs["learning_rate"] == 0.005)]
    wide = part.pivot(index="seed", columns="scheme", values="final_accuracy")
    unpaired = wide["xavier"].var() + wide["zeros"].var()
    expected = unpaired / (wide["xavier"] - wide["zeros"]).var()
    assert row["cell"] == "learning_rate 0.005"
    assert row["variance_gain"] == pytest.approx(expected)
