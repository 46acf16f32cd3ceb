from biasinit.reporting.items.accuracy import accuracy_model
from biasinit.reporting.items.accuracy.mixed_contrasts import ITEM, rows


def test_each_contrast_of_mixedlm_stands_beside_the_one_that_decides(tables, study):
    found = rows(tables, study)
    assert len(found) == 6, "three schemes at two normalisations"
    own = tables["accuracy_contrasts"].query("family == 'accuracy' and cell == 'all'")
    assert found["own_estimate"].tolist() == own["estimate"].tolist()
    assert found["value"].eq(0.03).all()
    assert "does not" not in ITEM.listing.note.partition("MixedLM")[0]
    assert "no degrees of freedom" in ITEM.listing.note


def test_they_stand_in_no_other_table_of_the_page(tables, study):
    kept = accuracy_model.rows(tables, study)
    assert len(kept) == len(tables["accuracy_model"]) - 6


def test_a_study_without_a_model_has_none(study):
    assert rows({}, study).empty
