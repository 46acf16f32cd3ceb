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


def test_an_unknown_place_is_named_with_the_known_ones(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("default", "slurm"):
        (tmp_path / "profiles" / name).mkdir(parents=True)
        (tmp_path / "profiles" / name / "profile.yaml").touch()
    assert main(["--place", "slrum"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "--place: must be the name of a folder with a profile.yaml in profiles/" in said
    assert "got 'slrum'. There are: default, slurm." in said
    assert not (tmp_path / "results").exists()
