"""docs/faults.md shows every fault that is tested, as the tests saw it."""

from faults import FAULTS, PAGE, named_in_log, page_with, recorded, table, unfinished_in_log


def test_the_page_has_a_row_for_every_tested_fault_and_shows_what_was_recorded():
    assert list(recorded()) == list(FAULTS)
    text = PAGE.read_text(encoding="utf-8")
    assert page_with(table(), text) == text


def test_no_recorded_fault_broke_a_promise():
    for name, seen in recorded().items():
        assert seen["tables_equal"], name
        assert seen["lost"] == 0, name
        assert seen["retrained"] <= seen["in_flight"], name


def test_shards_are_in_flight_until_the_log_says_that_they_are_finished():
    """In the lines of Snakemake 9."""
    text = """
[Fri Nov 27 22:28:06 2026]
Job 6: Training zeros, none, learning rate 0.02, shard 0
Reason: Missing output files
[Fri Nov 27 22:28:06 2026]
Job 7: Training 1.0, batchnorm_shift, learning rate 0.02, shard 1
[Fri Nov 27 22:28:56 2026]
Finished jobid: 6 (Rule: train)
1 of 8 steps (12%) done
[Fri Nov 27 22:28:57 2026]
Job 8: Merging the tables of all shards
"""
    assert unfinished_in_log(text) == {("batchnorm_shift", "0.02", "1.0", "1")}
    path = "digits/small_cnn/batchnorm_shift/he/standardized/sgd/0.02/1.0/1.parquet"
    assert named_in_log(path) in unfinished_in_log(text)
