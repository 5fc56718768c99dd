import google_crc32c
from hypothesis import given
from hypothesis import strategies as st

from labkit.localcloud.core.crc32c import combine


def digest(data):
    return google_crc32c.Checksum(data).digest()


@given(first=st.binary(max_size=300), second=st.binary(max_size=300))
def test_the_digest_of_both_follows_from_those_of_each(first, second):
    assert combine(digest(first), digest(second), len(second)) == digest(first + second)


def test_a_long_second_part_costs_no_more_than_its_logarithm():
    size = 3 * 1024 * 1024 + 17

    assert combine(digest(b"head"), digest(bytes(size)), size) == digest(b"head" + bytes(size))
