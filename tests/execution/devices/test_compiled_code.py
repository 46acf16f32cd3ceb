import os

from biasinit.execution.devices.compiled_code import share_compiled_code
from biasinit.processor import CACHE_VARIABLE, processor_digest


def test_compiled_code_is_kept_by_processor(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, "to be restored")
    monkeypatch.delenv(CACHE_VARIABLE)
    share_compiled_code(tmp_path / "compiled")
    assert os.environ[CACHE_VARIABLE] == str(tmp_path / "compiled" / processor_digest())


def test_a_folder_that_the_user_names_is_used(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, "/somewhere")
    share_compiled_code(tmp_path)
    assert os.environ[CACHE_VARIABLE] == "/somewhere"
