import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.localcloud.core.paging import page
from labkit.localcloud.errors import ApiError


@given(count=st.integers(0, 50), size=st.integers(1, 20))
def test_pages_put_together_are_the_list(count, size):
    items, token, seen = list(range(count)), "", []
    while True:
        part = page(items, size=size, token=token)
        seen += part.items
        token = part.next_token
        if not token:
            break

    assert seen == items


def test_no_page_is_longer_than_the_largest_allowed():
    assert len(page(range(5000), size=4000, token="").items) == 1000


def test_a_size_of_zero_means_the_default():
    assert len(page(range(500), size=0, token="", default=50).items) == 50


@pytest.mark.parametrize("token", ["x", "b2Zmc2V0Oi01", "b2Zmc2V0OmFiYw", "é", "===="])
def test_a_token_nobody_gave_out_is_refused_with_its_value(token):
    with pytest.raises(ApiError, match="page token") as refused:
        page([1, 2], size=1, token=token)

    assert repr(token) in refused.value.message


def test_a_negative_size_is_refused():
    with pytest.raises(ApiError, match="page_size -1 is negative"):
        page([1], size=-1, token="")
