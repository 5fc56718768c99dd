import pytest

from labkit.localcloud.core.tier import stores, what_is_missing


@stores("no message is sent")
def keep(request, context):
    """A handler."""


def test_a_handler_that_only_keeps_says_what_does_not_happen():
    assert what_is_missing(keep) == "no message is sent"


def test_any_other_handler_behaves():
    assert what_is_missing(lambda request, context: None) == ""


def test_what_does_not_happen_must_be_said():
    with pytest.raises(ValueError, match="does not happen"):
        stores("")
