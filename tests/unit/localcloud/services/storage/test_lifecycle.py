"""Lifecycle rules: read, refused, decided by, and carried out by the clock."""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.localcloud.core.blobs import Blob
from labkit.localcloud.services.storage import lifecycle_rules
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.authorship import THE_CLOUD
from labkit.localcloud.services.storage.entities import StoredObject
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.lifecycle import Verdict, aborts, decide
from labkit.localcloud.services.storage.names import Address

NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
DELETE = {"type": "Delete"}
OBJECT = "/storage/v1/b/lab-data/o/a"


def rules(*pairs):
    resource = {"rule": [{"action": action, "condition": condition} for action, condition in pairs]}
    return lifecycle_rules.from_json(Body(resource))


def to(storage_class):
    return {"type": "SetStorageClass", "storageClass": storage_class}


def version(name="train/a.csv", days=0, noncurrent_days=None, storage_class="STANDARD", custom_time="", size=100):
    return StoredObject(
        address=Address("lab-data", name),
        generation=1,
        metageneration=1,
        blob=Blob("0", size, b"", b""),
        attributes=ObjectAttributes(storage_class=storage_class, custom_time=custom_time),
        created=NOW - timedelta(days=days),
        updated=NOW,
        deleted=None if noncurrent_days is None else NOW - timedelta(days=noncurrent_days),
    )


@pytest.mark.parametrize(
    ("condition", "holds", "fails"),
    [
        ({"age": 7}, version(days=7), version(days=6.99)),
        ({"age": 0}, version(), None),
        ({"createdBefore": "2026-11-20"}, version(days=4.6), version(days=4)),
        ({"isLive": True}, version(), version(noncurrent_days=0)),
        ({"isLive": False}, version(noncurrent_days=0), version()),
        ({"daysSinceNoncurrentTime": 3}, version(noncurrent_days=3), version(days=9)),
        ({"noncurrentTimeBefore": "2026-11-24"}, version(noncurrent_days=1), version(noncurrent_days=0.1)),
        ({"daysSinceCustomTime": 2}, version(custom_time="2026-11-22T12:00:00Z"), version(days=9)),
        (
            {"customTimeBefore": "2026-11-22"},
            version(custom_time="2026-11-21T23:59:59.999Z"),
            version(custom_time="2026-11-22T00:00:00Z"),
        ),
        ({"matchesPrefix": ["test/", "train/"]}, version(), version("valid/a.csv")),
        ({"matchesSuffix": [".csv"]}, version(), version("a.json")),
        ({"matchesStorageClass": ["NEARLINE"]}, version(storage_class="NEARLINE"), version()),
        ({"sizeAboveBytes": "99"}, version(), version(size=99)),
        ({"sizeBelowBytes": 101}, version(), version(size=101)),
        ({"age": 7, "isLive": True}, version(days=9), version(days=9, noncurrent_days=8)),
    ],
)
def test_a_condition_holds(condition, holds, fails):
    rule = rules((DELETE, condition))

    assert decide(rule, holds, 0, NOW) == Verdict()
    if fails:
        assert decide(rule, fails, 0, NOW) is None


@pytest.mark.parametrize(("newer", "verdict"), [(0, None), (1, None), (2, Verdict()), (3, Verdict())])
def test_newer_versions_are_counted(newer, verdict):
    assert decide(rules((DELETE, {"numNewerVersions": 2})), version(), newer, NOW) == verdict


def test_a_deletion_wins_over_a_change_of_class():
    both = rules((to("ARCHIVE"), {"age": 1}), (DELETE, {"age": 1}))

    assert decide(both, version(days=2), 0, NOW) == Verdict()


def test_among_changes_the_cheapest_class_wins():
    both = rules((to("ARCHIVE"), {"age": 1}), (to("NEARLINE"), {"age": 1}))

    assert decide(both, version(days=2), 0, NOW) == Verdict("ARCHIVE")


@pytest.mark.parametrize(("now", "then"), [("COLDLINE", "NEARLINE"), ("ARCHIVE", "ARCHIVE"), ("NEARLINE", "STANDARD")])
def test_no_object_becomes_dearer(now, then):
    assert decide(rules((to(then), {"age": 1})), version(days=2, storage_class=now), 0, NOW) is None


def test_uploads_that_were_left_are_aborted():
    rule = rules(({"type": "AbortIncompleteMultipartUpload"}, {"age": 2, "matchesPrefix": ["train/"]}))

    assert aborts(rule, "train/a", NOW - timedelta(days=2), NOW)
    assert not aborts(rule, "train/a", NOW - timedelta(days=1), NOW)
    assert not aborts(rule, "test/a", NOW - timedelta(days=2), NOW)
    assert decide(rule, version(days=9), 0, NOW) is None


CONDITIONS = st.fixed_dictionaries(
    {"age": st.integers(0, 5)},
    optional={"isLive": st.booleans(), "matchesPrefix": st.just(["t"]), "numNewerVersions": st.integers(0, 3)},
)


@given(conditions=st.lists(CONDITIONS, min_size=1, max_size=4), days=st.integers(0, 6), newer=st.integers(0, 4))
def test_one_rule_that_holds_is_enough(conditions, days, newer):
    """Rules are joined by "or", the conditions of one by "and"."""
    alone = [decide(rules((DELETE, condition)), version(days=days), newer, NOW) for condition in conditions]
    together = decide(rules(*((DELETE, condition) for condition in conditions)), version(days=days), newer, NOW)

    assert together == (Verdict() if any(alone) else None)


@pytest.mark.parametrize(
    ("action", "condition", "message"),
    [
        ({"type": "Shred"}, {"age": 1}, "Invalid value for: Shred is not a valid value"),
        ({"type": "SetStorageClass"}, {"age": 1}, "must specify the destination storage class"),
        (to("WARM"), {"age": 1}, "Unknown storage class 'WARM'"),
        ({**DELETE, "storageClass": "NEARLINE"}, {"age": 1}, "can only be specified for SET_STORAGE_CLASS"),
        (DELETE, {}, "Lifecycle rules must have a condition."),
        (DELETE, {"age": -1}, "age condition must be greater than or equal to 0, but was -1"),
        (DELETE, {"age": "old"}, "is not an integer"),
        (DELETE, {"createdBefore": "20261124"}, 'Invalid format: "20261124"'),
        (DELETE, {"createdBefore": "2026-11-31"}, 'Invalid format: "2026-11-31"'),
        (DELETE, {"matchesPrefix": [""]}, "cannot contain a string that is empty"),
        (DELETE, {"matchesPrefix": ["x"] * 1001}, "more than 1000 rules per config"),
        (DELETE, {"sizeAboveBytes": 2**43}, "cannot exceed GCS maximum object size limit"),
        (DELETE, {"matchesPattern": "a.*"}, "MatchesPattern is not available"),
        ({"type": "AbortIncompleteMultipartUpload"}, {"isLive": True}, "are the only ones allowed"),
    ],
)
def test_a_rule_google_does_not_take_changes_nothing(gcs, action, condition, message):
    reply = gcs(
        "PATCH", "/storage/v1/b/lab-data", json={"lifecycle": {"rule": [{"action": action, "condition": condition}]}}
    )

    assert (reply.status_code, message in reply.json()["error"]["message"]) == (400, True), reply.text
    assert "lifecycle" not in gcs("GET", "/storage/v1/b/lab-data").json()


def test_rules_are_shown_as_they_were_set(gcs):
    rule = {
        "action": to("NEARLINE"),
        "condition": {
            "age": 30,
            "createdBefore": "2026-01-01",
            "isLive": True,
            "numNewerVersions": 0,
            "matchesPrefix": ["train/"],
            "matchesStorageClass": ["STANDARD"],
            "sizeAboveBytes": "1024",
        },
    }
    gcs("PATCH", "/storage/v1/b/lab-data", json={"lifecycle": {"rule": [rule]}})

    assert gcs("GET", "/storage/v1/b/lab-data").json()["lifecycle"] == {"rule": [rule]}
    assert "lifecycle" not in gcs("PATCH", "/storage/v1/b/lab-data", json={"lifecycle": None}).json()


class TestSweep:
    """What the housekeeping does with the rules as time goes by."""

    @pytest.fixture
    def ruled(self, gcs):
        def set_rules(*pairs, **configuration):
            rule = [{"action": action, "condition": condition} for action, condition in pairs]
            gcs("PATCH", "/storage/v1/b/lab-data", json={"lifecycle": {"rule": rule}, **configuration})
            return gcs

        return set_rules

    def sweep(self, gcs):
        gcs.run(gcs.storage.housekeeping.sweep())

    def names(self, gcs, query=""):
        return [item["name"] for item in gcs("GET", f"/storage/v1/b/lab-data/o?{query}").json().get("items", [])]

    def test_an_old_object_is_deleted_and_soft_deleted(self, ruled, clock):
        gcs = ruled((DELETE, {"age": 7}))
        gcs.upload("a")
        clock.advance(days=6)
        gcs.upload("b")
        self.sweep(gcs)
        assert self.names(gcs) == ["a", "b"]
        clock.advance(days=1)
        self.sweep(gcs)

        assert self.names(gcs) == ["b"]
        assert self.names(gcs, "softDeleted=true") == ["a"]

    def test_only_so_many_versions_stay(self, ruled):
        gcs = ruled((DELETE, {"numNewerVersions": 2}), versioning={"enabled": True})
        generations = [gcs.upload("a").json()["generation"] for _ in range(5)]
        self.sweep(gcs)

        listed = gcs("GET", "/storage/v1/b/lab-data/o?versions=true").json()["items"]
        assert [item["generation"] for item in listed] == generations[-2:]

    def test_a_live_version_becomes_noncurrent_first(self, ruled, clock):
        gcs = ruled((DELETE, {"age": 1}), versioning={"enabled": True})
        gcs.upload("a")
        clock.advance(days=1)
        self.sweep(gcs)
        assert (self.names(gcs), self.names(gcs, "versions=true")) == ([], ["a"])
        self.sweep(gcs)
        assert self.names(gcs, "versions=true") == []

    def test_an_object_changes_its_class_in_place(self, ruled, clock):
        gcs = ruled((to("NEARLINE"), {"age": 1}))
        before = gcs.upload("a").json()
        clock.advance(days=1)
        self.sweep(gcs)

        after = gcs("GET", OBJECT).json()
        assert (after["storageClass"], after["generation"]) == ("NEARLINE", before["generation"])
        assert after["timeStorageClassUpdated"] == "2026-11-25T09:30:00.000Z"
        self.sweep(gcs)
        assert gcs("GET", OBJECT).json() == after

    def test_what_must_be_kept_waits(self, ruled, clock):
        gcs = ruled((DELETE, {"age": 1}))
        gcs.upload("a")
        gcs("PATCH", OBJECT, json={"temporaryHold": True})
        clock.advance(days=1)
        self.sweep(gcs)
        assert self.names(gcs) == ["a"]
        gcs("PATCH", OBJECT, json={"temporaryHold": False})
        self.sweep(gcs)
        assert self.names(gcs) == []

    def test_a_multipart_upload_that_was_left_is_aborted(self, ruled, clock):
        gcs = ruled(({"type": "AbortIncompleteMultipartUpload"}, {"age": 1, "matchesPrefix": ["train/"]}))
        uploads = gcs.storage.multipart_uploads
        for name in ("train/a", "test/a"):
            uploads.begin(Address("lab-data", name), ObjectAttributes(), THE_CLOUD)
        self.sweep(gcs)
        assert len(uploads.of_bucket("lab-data", "")) == 2
        clock.advance(days=1)
        self.sweep(gcs)
        assert [upload.address.name for upload in uploads.of_bucket("lab-data", "")] == ["test/a"]

    def test_versions_of_a_name_are_counted_over_pages(self, ruled):
        gcs = ruled((DELETE, {"numNewerVersions": 1000}), versioning={"enabled": True})
        blob = gcs.storage.objects.get(_uploaded(gcs)).blob
        with gcs.store.transaction():
            for number in itertools.chain([0] * 1200, range(1, 900)):
                gcs.storage.objects.put(Address("lab-data", f"{number:04}"), ObjectAttributes(), blob)
        self.sweep(gcs)

        left = gcs.store.connection.execute(
            "SELECT count(*) FROM storage_objects WHERE name = '0000' AND state < 2"
        ).fetchone()[0]
        assert left == 1000

    def test_a_sweep_that_fails_is_made_up_for(self, ruled, clock, monkeypatch):
        gcs = ruled((DELETE, {"age": 1}))
        gcs.upload("a")
        clock.advance(days=1)
        sleeps = iter([None, None])

        async def next_period(_):
            if next(sleeps, "over") == "over":
                raise TimeoutError
            gcs.store.connection.execute("PRAGMA query_only = 0")

        gcs.store.connection.execute("PRAGMA query_only = 1")
        monkeypatch.setattr("asyncio.sleep", next_period)
        with pytest.raises(TimeoutError):
            gcs.run(gcs.storage.housekeeping.run())

        assert self.names(gcs) == []


def _uploaded(gcs):
    assert gcs.upload("first").status_code == 200
    return Address("lab-data", "first")


def test_the_same_object_is_decided_on_alike_at_any_later_time():
    rule = rules((DELETE, {"age": 3}))
    stored = replace(version(), created=NOW)

    verdicts = [decide(rule, stored, 0, NOW + timedelta(days=days)) for days in range(6)]
    assert verdicts == [None] * 3 + [Verdict()] * 3
