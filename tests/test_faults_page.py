"""docs/faults.md shows every fault that is tested, as the tests saw it."""

import json

from faults import FAULTS, PAGE, page_with, recorded, table, unfinished_jobs


def test_the_page_has_a_row_for_every_tested_fault_and_shows_what_was_recorded():
    assert list(recorded()) == list(FAULTS)
    text = PAGE.read_text(encoding="utf-8")
    assert page_with(table(), text) == text


def test_no_recorded_fault_broke_a_promise():
    for name, seen in recorded().items():
        assert seen["tables_equal"], name
        assert seen["lost"] == 0, name
        assert seen["retrained"] <= seen["in_flight"], name


def test_shards_are_in_flight_until_snakemake_knows_that_they_are_finished(tmp_path):
    levels = {
        "dataset": "digits",
        "architecture": "small_cnn",
        "normalization": "none",
        "weight_init": "he",
        "input_scaling": "standardized",
        "optimizer": "sgd",
        "learning_rate": "0.02",
        "scheme": "1.0",
    }
    begun = [
        {"event": "job_info", "jobid": job, "rule_name": "train", "wildcards": wildcards}
        for job, wildcards in ((6, levels | {"shard": "0"}), (7, levels | {"shard": "1"}))
    ]
    other = {"event": "job_info", "jobid": 8, "rule_name": "collect", "wildcards": {}}
    finished = {"event": "job_finished", "job_id": 6}
    path = tmp_path / "events.jsonl"
    lines = [json.dumps(event) for event in (*begun, finished, other)]
    path.write_text("\n".join([*lines, lines[0][:20]]))
    assert unfinished_jobs(path) == {"digits/small_cnn/none/he/standardized/sgd/0.02/1.0/1.parquet"}
