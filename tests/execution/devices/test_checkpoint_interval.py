import pytest

from biasinit.errors import ConfigurationError
from biasinit.execution.devices.checkpoint_interval import INTERVAL, checkpoint_seconds


def test_the_interval_is_the_default_unless_the_place_wants_another(monkeypatch):
    monkeypatch.delenv(INTERVAL, raising=False)
    assert checkpoint_seconds(60.0) == 60.0
    monkeypatch.setenv(INTERVAL, "0.5")
    assert checkpoint_seconds(60.0) == 0.5


@pytest.mark.parametrize("asked", ["often", "-1", "nan", "inf", ""])
def test_what_is_no_number_of_seconds_is_named(asked, monkeypatch):
    monkeypatch.setenv(INTERVAL, asked)
    with pytest.raises(ConfigurationError, match=f"{INTERVAL}: must be a number of seconds"):
        checkpoint_seconds(60.0)
