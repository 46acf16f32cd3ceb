import pandas as pd

from biasinit.statistics.trust.test_sets import datasets_tested_anew


def runs_of(hashes):
    rows = [(name, seed, value) for name, found in hashes.items() for seed, value in found.items()]
    return pd.DataFrame(rows, columns=["dataset", "seed", "test_hash"])


def test_a_data_set_with_other_test_images_for_each_seed_is_named():
    runs = runs_of({"digits": {0: "a", 1: "b"}, "mnist": {0: "c", 1: "c"}})
    assert datasets_tested_anew(runs) == {"digits"}
    assert datasets_tested_anew(runs[runs["dataset"] == "mnist"]) == frozenset()
    assert datasets_tested_anew(runs.drop(columns="dataset")) == {""}


def test_runs_that_do_not_say_what_they_were_tested_on_count_as_tested_on_the_same():
    assert datasets_tested_anew(runs_of({"digits": {0: "a", 1: "b"}})[["dataset", "seed"]]) == set()
