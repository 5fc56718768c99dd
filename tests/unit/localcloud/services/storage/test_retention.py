"""What keeps objects from going: retention policies, retention of one object, holds."""

import pytest

BUCKET = "/storage/v1/b/lab-data"
OBJECT = "/storage/v1/b/lab-data/o/a"
DAY = 86400
KEPT = "Object 'lab-data/a' is subject to bucket's retention policy or object retention and cannot be deleted or "


def refused(reply):
    error = reply.json()["error"]
    return reply.status_code, error["errors"][0]["reason"], error["message"]


def policy(gcs, seconds):
    return gcs("PATCH", BUCKET, json={"retentionPolicy": {"retentionPeriod": seconds and str(seconds)}})


def test_a_bucket_shows_its_policy_and_an_object_its_end(gcs, clock):
    gcs.upload("a")
    clock.advance(hours=1)
    shown = policy(gcs, DAY).json()["retentionPolicy"]

    assert shown == {"retentionPeriod": "86400", "effectiveTime": "2026-11-24T10:30:00.000Z"}
    assert gcs("GET", OBJECT).json()["retentionExpirationTime"] == "2026-11-25T09:30:00.000Z"
    assert "retentionPolicy" not in gcs("PATCH", BUCKET, json={"retentionPolicy": None}).json()
    assert "retentionExpirationTime" not in gcs("GET", OBJECT).json()


@pytest.mark.parametrize("act", ["delete", "overwrite", "rewrite", "compose", "move"])
def test_a_retained_object_stays(gcs, clock, act):
    gcs.upload("a", b"kept")
    gcs.upload("b", b"other")
    policy(gcs, DAY)
    clock.advance(hours=23)
    calls = {
        "delete": lambda: gcs("DELETE", OBJECT),
        "overwrite": lambda: gcs.upload("a", b"new"),
        "rewrite": lambda: gcs("POST", "/storage/v1/b/lab-data/o/b/rewriteTo/b/lab-data/o/a"),
        "compose": lambda: gcs("POST", f"{OBJECT}/compose", json={"sourceObjects": [{"name": "b"}, {"name": "b"}]}),
        "move": lambda: gcs("POST", f"{OBJECT}/moveTo/o/c"),
    }

    expected = (403, "retentionPolicyNotMet", f"{KEPT}overwritten until 2026-11-25T09:30:00+00:00")
    assert refused(calls[act]()) == expected
    assert gcs.download("a").content == b"kept"
    assert len(gcs.blobs_on_disk()) == 2
    clock.advance(hours=2)
    assert calls[act]().status_code in (200, 204)


def test_a_condition_is_checked_before_the_retention(gcs):
    gcs.upload("a")
    policy(gcs, DAY)

    assert gcs("DELETE", f"{OBJECT}?ifGenerationMatch=1").status_code == 412


def test_a_retained_object_may_become_noncurrent_but_not_go(gcs):
    gcs("PATCH", BUCKET, json={"versioning": {"enabled": True}})
    generation = gcs.upload("a", b"kept").json()["generation"]
    policy(gcs, DAY)

    assert gcs("DELETE", OBJECT).status_code == 204
    assert refused(gcs("DELETE", OBJECT, params={"generation": generation}))[:2] == (403, "retentionPolicyNotMet")


def test_a_locked_policy_only_grows(gcs):
    metageneration = policy(gcs, DAY).json()["metageneration"]
    url = f"{BUCKET}/lockRetentionPolicy"
    assert refused(gcs("POST", url)) == (400, "required", "Required parameter: ifMetagenerationMatch")
    assert gcs("POST", f"{url}?ifMetagenerationMatch=77").status_code == 412
    locked = gcs("POST", url, params={"ifMetagenerationMatch": metageneration}).json()

    assert locked["retentionPolicy"]["isLocked"] is True
    assert refused(policy(gcs, DAY - 1)) == (
        403,
        "forbidden",
        "Cannot reduce retention duration of a locked Retention Policy for bucket 'lab-data'.",
    )
    removed = gcs("PATCH", BUCKET, json={"retentionPolicy": None})
    assert refused(removed) == (
        403,
        "retentionPolicyNotMet",
        "Bucket 'lab-data' has a locked Retention Policy which cannot be removed.",
    )
    assert policy(gcs, 2 * DAY).json()["retentionPolicy"]["isLocked"] is True


def test_only_an_unlocked_policy_is_locked(gcs):
    assert refused(gcs("POST", f"{BUCKET}/lockRetentionPolicy?ifMetagenerationMatch=1")) == (
        400,
        "invalid",
        "Bucket 'lab-data' does not have an unlocked retention policy.",
    )


@pytest.mark.parametrize("seconds", ["0", "-5", "3155760000"])
def test_a_period_google_does_not_take_is_refused(gcs, seconds):
    reply = gcs("PATCH", BUCKET, json={"retentionPolicy": {"retentionPeriod": seconds}})

    assert refused(reply)[2] == (
        "Retention policy must have a retention period greater than 0 and less than 100 years."
    )


@pytest.mark.parametrize(("hold", "kind"), [("temporaryHold", "Temporary"), ("eventBasedHold", "Event-Based")])
def test_a_held_object_stays_until_it_is_released(gcs, hold, kind):
    gcs("PATCH", BUCKET, json={"versioning": {"enabled": True}})
    gcs.upload("a", b"kept")
    assert gcs("PATCH", OBJECT, json={hold: True}).json()[hold] is True

    expected = (
        403,
        "forbidden",
        f"Object 'lab-data/a' is under active {kind} hold and cannot be deleted, overwritten or archived until hold is "
        "removed.",
    )
    assert refused(gcs("DELETE", OBJECT)) == expected
    assert refused(gcs.upload("a", b"new")) == expected
    assert gcs("PATCH", OBJECT, json={hold: False}).json()[hold] is False
    assert gcs("DELETE", OBJECT).status_code == 204


def test_the_policys_time_starts_when_an_event_based_hold_ends(gcs, clock):
    gcs("PATCH", BUCKET, json={"defaultEventBasedHold": True})
    assert gcs.upload("a").json()["eventBasedHold"] is True
    policy(gcs, DAY)
    assert "retentionExpirationTime" not in gcs("GET", OBJECT).json()
    clock.advance(days=3)

    released = gcs("PATCH", OBJECT, json={"eventBasedHold": False}).json()
    assert released["retentionExpirationTime"] == "2026-11-28T09:30:00.000Z"
    assert gcs("GET", OBJECT).json()["retentionExpirationTime"] == "2026-11-28T09:30:00.000Z"


def test_a_copy_is_not_held_as_its_source_is(gcs):
    gcs.upload("a")
    gcs("PATCH", OBJECT, json={"temporaryHold": True})
    copy = gcs("POST", f"{OBJECT}/rewriteTo/b/lab-data/o/b").json()["resource"]

    assert "temporaryHold" not in copy


class TestObjectRetention:
    OBJECT = "/storage/v1/b/lab-locks/o/a"

    @pytest.fixture
    def locks(self, gcs):
        reply = gcs("POST", "/storage/v1/b?project=student-lab&enableObjectRetention=true", json={"name": "lab-locks"})
        assert reply.json()["objectRetention"] == {"mode": "Enabled"}
        gcs.upload("a", b"kept", bucket="lab-locks")
        return gcs

    def retain(self, gcs, mode, until, **parameters):
        retention = {"mode": mode, "retainUntilTime": until}
        return gcs("PATCH", self.OBJECT, json={"retention": retention}, params=parameters)

    def test_an_object_is_kept_until_its_own_time(self, locks, clock):
        shown = self.retain(locks, "Unlocked", "2026-11-25T00:00:00Z").json()

        assert shown["retention"] == {"mode": "Unlocked", "retainUntilTime": "2026-11-25T00:00:00.000Z"}
        assert shown["retentionExpirationTime"] == "2026-11-25T00:00:00.000Z"
        assert refused(locks("DELETE", self.OBJECT))[:2] == (403, "retentionPolicyNotMet")
        clock.advance(days=1)
        assert locks("DELETE", self.OBJECT).status_code == 204

    @pytest.mark.parametrize(
        ("mode", "until"), [("Unlocked", "2026-11-24T12:00:00Z"), ("Locked", "2026-11-26T00:00:00Z"), (None, None)]
    )
    def test_an_unlocked_retention_is_weakened_only_by_who_says_so_twice(self, locks, mode, until):
        self.retain(locks, "Unlocked", "2026-11-25T00:00:00Z")

        assert refused(self.retain(locks, mode, until)) == (
            403,
            "forbidden",
            "The unlocked object retention cannot be removed and its retention period cannot be shortened without "
            "overriding unlocked retention intent and permission.",
        )
        assert self.retain(locks, mode, until, overrideUnlockedRetention="true").status_code == 200

    @pytest.mark.parametrize(
        ("mode", "until"), [("Locked", "2026-11-24T12:00:00Z"), ("Unlocked", "2026-11-26T00:00:00Z"), (None, None)]
    )
    def test_a_locked_retention_only_grows(self, locks, mode, until):
        self.retain(locks, "Locked", "2026-11-25T00:00:00Z")

        assert refused(self.retain(locks, mode, until, overrideUnlockedRetention="true")) == (
            403,
            "forbidden",
            "The locked object retention cannot be removed. Its retention mode cannot be changed and its retention "
            "period cannot be shortened.",
        )
        assert self.retain(locks, "Locked", "2026-11-27T00:00:00Z").status_code == 200

    @pytest.mark.parametrize(
        ("retention", "message"),
        [
            ({"mode": "Locked"}, "Missing retain until time. Both mode and retain until time are required."),
            (
                {"retainUntilTime": "2026-11-25T00:00:00Z"},
                "Missing retention mode. Both mode and retain until time are required.",
            ),
            (
                {"mode": "Shut", "retainUntilTime": "2026-11-25T00:00:00Z"},
                "Invalid value for: Shut is not a valid value",
            ),
            (
                {"mode": "Locked", "retainUntilTime": "2026-11-23T00:00:00Z"},
                "Retain until time cannot be in the past.",
            ),
        ],
    )
    def test_a_retention_that_is_none_is_refused(self, locks, retention, message):
        reply = locks("PATCH", self.OBJECT, json={"retention": retention})

        assert refused(reply) == (400, "invalid", message)

    def test_a_bucket_must_allow_it(self, gcs):
        gcs.upload("a")
        retention = {"mode": "Unlocked", "retainUntilTime": "2026-11-25T00:00:00Z"}

        reply = gcs("PATCH", OBJECT, json={"retention": retention})
        assert refused(reply) == (400, "invalid", "Object retention is not enabled on the bucket.")
        assert "objectRetention" not in gcs("PATCH", BUCKET, json={"objectRetention": {"mode": "Enabled"}}).json()

    def test_it_does_not_go_with_an_event_based_hold(self, locks):
        locks("PATCH", self.OBJECT, json={"eventBasedHold": True})

        assert refused(self.retain(locks, "Locked", "2026-11-25T00:00:00Z")) == (
            400,
            "invalid",
            "Retention and event based holds cannot be configured together.",
        )
