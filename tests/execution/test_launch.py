import pytest

from biasinit.execution.launch import main


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot be read (No such file"), ("a: [", "is not YAML"), ("- a", "must hold keys")],
)
def test_a_file_that_is_no_study_is_named_before_anything_starts(
    content, message, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "study.yaml"
    if content is not None:
        path.write_text(content)
    assert main(["--study", "study.yaml"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "study.yaml" in said
    assert message in said
    assert not (tmp_path / "results").exists()
