import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from biasinit.streams import Purpose, stream

keys = st.tuples(
    st.integers(0, 2**40),
    st.integers(0, 10**6),
    st.sampled_from(list(Purpose)),
    st.text(max_size=20),
)


@given(keys)
def test_a_stream_is_a_pure_function_of_its_name(key):
    study, seed, purpose, name = key
    first = stream(study, seed, purpose, name=name).random(4)
    stream(study, seed + 1, purpose, name=name).random(100)
    assert np.array_equal(first, stream(study, seed, purpose, name=name).random(4))


@given(keys, keys)
def test_streams_of_different_names_differ(one, other):
    draws = [stream(*key[:3], name=key[3]).random(2) for key in (one, other)]
    assert np.array_equal(*draws) == (one == other)


def test_a_digit_never_moves_from_one_part_of_the_name_to_the_next():
    assert stream(1, 11, Purpose.BIAS).random() != stream(11, 1, Purpose.BIAS).random()
    assert stream(0, 1, Purpose.BIAS, name="2").random() != stream(0, 12, Purpose.BIAS).random()


def test_the_first_numbers_are_the_same_on_every_machine():
    draws = stream(304287, 0, Purpose.WEIGHTS, name="conv1").integers(0, 2**32, 3)
    assert draws.tolist() == EXPECTED


EXPECTED = [2180917242, 3569922459, 2778957345]
