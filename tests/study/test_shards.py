"""The path of a shard is written and read in one place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biasinit.specs.limits import NAME_PATTERN
from biasinit.study.shards import PARTS, PATTERN, Shard

NAMES = st.from_regex(NAME_PATTERN, fullmatch=True)
LEVELS = st.fixed_dictionaries(
    {part: NAMES for part in PARTS if part not in {"learning_rate", "shard"}}
    | {
        "learning_rate": st.floats(min_value=1e-12, max_value=1e6, allow_nan=False),
        "shard": st.integers(min_value=0, max_value=100_000),
    }
)


@given(levels=LEVELS)
def test_a_path_reads_back_as_the_shard_that_wrote_it(levels):
    shard = Shard.of(levels)
    assert Shard.at(shard.path) == shard
    assert float(shard.level("learning_rate")) == levels["learning_rate"]
    assert shard.number == levels["shard"]
    assert shard.scheme == levels["scheme"]


@given(levels=LEVELS)
def test_the_pattern_filled_in_is_the_path(levels):
    shard = Shard.of(levels)
    texts = dict(zip(PARTS, shard.levels, strict=True))
    assert PATTERN.format(**texts) == shard.path


@given(levels=LEVELS)
def test_the_number_of_a_job_is_that_of_its_first_seed(levels):
    job = levels | {"first_seed": 20 * levels["shard"], "runs": 20}
    del job["shard"]
    assert Shard.of_job(job) == Shard.of(levels)


def test_another_path_is_refused():
    with pytest.raises(ValueError, match="'zeros/0' is not the path of a shard"):
        Shard.at("zeros/0")
