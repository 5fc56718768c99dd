"""Lists of objects against a model: a sorted dict, folded by the rules of the documentation."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.localcloud.core.blobs import Blob
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.entities import StoredObject
from labkit.localcloud.services.storage.listing import (
    ListQuery,
    Position,
    from_token,
    name_after_prefix,
    to_token,
    walk,
)
from labkit.localcloud.services.storage.names import Address

NOW = datetime(2026, 11, 24, tzinfo=timezone.utc)
# Few letters, so that prefixes meet; the ends of the code points, where a successor is hard to find.
NAMES = st.text(alphabet="ab/-\ud7ff\ue000\U0010ffff", min_size=1, max_size=6)


class Bucket:
    """Names in order, that counts the ranges read from it."""

    def __init__(self, names):
        self.names = sorted(names)
        self.ranges = 0

    def __call__(self, start, end):
        self.ranges += 1
        for name in self.names:
            if (name, 1) >= start and (end is None or name < end):
                yield StoredObject(Address("b", name), 1, 1, Blob("0", 0, b"", b""), ObjectAttributes(), NOW, NOW)


def model(names, query):
    """Every object and prefix, in order: what the pages together must hold."""
    objects, prefixes = [], []
    for name in sorted(names):
        if not name.startswith(query.prefix) or name < query.start.name or (query.end and name >= query.end):
            continue
        rest = name[len(query.prefix) :]
        if query.delimiter and query.delimiter in rest:
            folded = query.prefix + rest.partition(query.delimiter)[0] + query.delimiter
            if folded not in prefixes:
                prefixes.append(folded)
            if not (query.include_trailing_delimiter and name == folded):
                continue
        objects.append(name)
    return objects, prefixes


def pages(query, bucket):
    while True:
        page = walk(query, bucket)
        yield page
        if page.next_start is None:
            return
        query = replace(query, start=from_token(to_token(page.next_start)))


QUERIES = st.builds(
    ListQuery,
    prefix=st.text(alphabet="ab/\U0010ffff", max_size=3),
    delimiter=st.sampled_from(["", "/", "/-", "a"]),
    start=st.builds(Position, st.text(alphabet="ab/", max_size=3), st.just(0)),
    end=st.text(alphabet="ab/", max_size=3),
    size=st.integers(1, 5),
    include_trailing_delimiter=st.booleans(),
)


@given(names=st.sets(NAMES, max_size=30), query=QUERIES)
def test_the_pages_together_are_the_list_of_the_model(names, query):
    found = list(pages(query, Bucket(names)))

    objects = [stored.address.name for page in found for stored in page.objects]
    prefixes = [prefix for page in found for prefix in page.prefixes]
    assert (objects, prefixes) == model(names, query)


@given(names=st.sets(NAMES, max_size=30), query=QUERIES)
def test_every_page_but_the_last_is_full(names, query):
    for page in list(pages(query, Bucket(names)))[:-1]:
        # A folder that is also an object counts as both, and both stay on one page.
        assert query.size <= len(page.objects) + len(page.prefixes) <= query.size + query.include_trailing_delimiter


@given(prefix=st.text(alphabet="ab\ud7ff\ue000\U0010ffff", max_size=4), other=NAMES)
def test_a_prefix_ends_where_its_successor_begins(prefix, other):
    successor = name_after_prefix(prefix)

    assert (prefix <= other and (successor is None or other < successor)) == other.startswith(prefix)


def test_a_folder_costs_one_range_however_full_it_is():
    bucket = Bucket(f"{folder}/{number:04}" for folder, number in itertools.product("abc", range(500)))

    page = walk(ListQuery(delimiter="/"), bucket)

    assert page.prefixes == ("a/", "b/", "c/")
    assert bucket.ranges == 4


@pytest.mark.parametrize("token", ["nonsense", "bm90LW91cnM=", "ZnJvbQ", "ZnJvbTp4OmE=", "é"])
def test_a_token_that_no_list_gave_is_refused(token):
    with pytest.raises(ApiError, match="page token"):
        from_token(token)


def test_the_database_lists_in_the_order_of_code_points(gcs):
    names = ["a", "a/", "a/b", "ab", "b\ud7ff", "b\ue000", "b\U0010ffff", "b\U0010ffffz", "\U0010ffff"]
    for name in reversed(names):
        gcs.upload(name)

    def listed(**parameters):
        return gcs("GET", "/storage/v1/b/lab-data/o", params=parameters).json()

    assert [item["name"] for item in listed()["items"]] == names
    assert [item["name"] for item in listed(prefix="b")["items"]] == names[4:8]
    assert [item["name"] for item in listed(prefix="b\U0010ffff")["items"]] == names[6:8]
    assert [item["name"] for item in listed(startOffset="a/", endOffset="ab")["items"]] == ["a/", "a/b"]
    assert listed(prefix="a", delimiter="/")["prefixes"] == ["a/"]


@pytest.mark.parametrize(
    ("glob", "found", "prefixes"),
    [
        ("**.csv", ["a.csv", "train/1.csv"], []),
        ("*.csv", ["a.csv"], []),
        ("train/*", ["train/1.csv", "train/2.json"], []),
        ("train/?.{csv,json}", ["train/1.csv", "train/2.json"], []),
        ("[!b].csv", ["a.csv"], []),
    ],
)
def test_a_glob_chooses_names(gcs, glob, found, prefixes):
    for name in ("a.csv", "b.txt", "train/1.csv", "train/2.json", "train/deep/3.md"):
        gcs.upload(name)
    reply = gcs("GET", "/storage/v1/b/lab-data/o", params={"matchGlob": glob}).json()

    assert [item["name"] for item in reply["items"]] == found
    assert reply.get("prefixes", []) == prefixes


def test_a_glob_chooses_folders_too(gcs):
    for name in ("trail", "train/1", "train/2", "test/1"):
        gcs.upload(name)
    reply = gcs("GET", "/storage/v1/b/lab-data/o", params={"matchGlob": "tra*", "delimiter": "/"}).json()
    assert [item["name"] for item in reply["items"]] == ["trail"]
    assert "prefixes" not in reply

    reply = gcs("GET", "/storage/v1/b/lab-data/o", params={"matchGlob": "tra*/", "delimiter": "/"}).json()
    assert reply["prefixes"] == ["train/"]
    assert "items" not in reply


def test_a_glob_goes_with_no_other_delimiter(gcs):
    reply = gcs("GET", "/storage/v1/b/lab-data/o?matchGlob=**&delimiter=-")

    assert reply.status_code == 400
    assert reply.json()["error"]["message"] == (
        "When listing with a glob pattern, the only supported delimiter is '/'."
    )
