import pytest

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.fields import parse, select

LISTING = {
    "kind": "storage#objects",
    "nextPageToken": "t",
    "prefixes": ["a/"],
    "items": [{"name": "a", "size": "1", "owner": {"entity": "me", "entityId": "1"}}, {"name": "b", "size": "2"}],
}


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ("kind", {"kind": "storage#objects"}),
        ("items/name", {"items": [{"name": "a"}, {"name": "b"}]}),
        ("items(name),prefixes", {"prefixes": ["a/"], "items": [{"name": "a"}, {"name": "b"}]}),
        ("items(owner/entity)", {"items": [{"owner": {"entity": "me"}}, {}]}),
        ("items/name,items/size", {"items": [{"name": "a", "size": "1"}, {"name": "b", "size": "2"}]}),
        ("items(*)", {"items": LISTING["items"]}),
        ("*", LISTING),
        ("nothing", {}),
    ],
)
def test_only_the_fields_named_are_kept(fields, kept):
    assert select(parse(fields), LISTING) == kept


@pytest.mark.parametrize("fields", [",", "items(", "items)", "items(name", "items//name", "(name)", "a,,b", "items/"])
def test_a_selection_that_cannot_be_read_is_named(fields):
    with pytest.raises(ApiError) as refused:
        parse(fields)
    assert refused.value.message == f"Invalid field selection {fields}"
