from biasinit.reporting.items.trust.pairing import sentence


def test_broken_pairs_are_counted(tables, study):
    assert "the same for every seed" in sentence(tables, study)
    broken = {"pairing": tables["pairing"].assign(orders_equal=False)}
    assert "differ in 12 of 12 comparisons" in sentence(broken, study)
    assert sentence({}, study) == "Pairing audit: not in this table."
