from synthetic import make_study

from biasinit.reporting.selection import (
    cell_labels,
    contrasts,
    judged,
    natural_order,
    run_cells,
)


def test_cells_are_named_in_words():
    assert cell_labels(["all", "learning_rate 0.02"]) == {
        "all": "all conditions",
        "learning_rate 0.02": "learning rate 0.02",
    }


def test_runs_are_given_the_cells_of_the_analysis_tables(tables):
    runs = run_cells(tables["runs"])
    analysed = set(tables["accuracy_contrasts"]["cell"]) - {"all"}
    assert set(runs["cell"]) == analysed


def test_the_judged_row_is_the_one_on_seeds_where_both_trained(tables, study):
    frame = judged(tables["accuracy_contrasts"])
    keys = ["family", "normalization", "scheme", "cell"]
    assert not frame.duplicated(keys).any()
    failed = frame.query("scheme == '1.0' and normalization == 'none' and cell == 'all'")
    assert failed["basis"].tolist() == ["seeds where both trained"]


def test_contrasts_carry_their_verdicts(tables, study):
    frame = contrasts(
        tables, "accuracy_contrasts", family="accuracy", outcome="accuracy",
        schemes=study.schemes,
    )  # fmt: skip
    assert len(frame) == 6
    assert frame["verdict"].notna().all()


def test_one_cell_study_has_a_command_and_a_name():
    study = make_study(("zeros", "1.0"), learning_rates=(0.02,))
    assert study.cells == 1


def test_numbers_within_names_are_sorted_by_their_size():
    rates = ["rate=0.1", "rate=1e-05", "rate=0.02", "rate", "plain-4 b", "plain-4 a", "plain-16"]
    assert sorted(rates, key=natural_order) == [
        "plain-4 a", "plain-4 b", "plain-16", "rate", "rate=1e-05", "rate=0.02", "rate=0.1",
    ]  # fmt: skip
