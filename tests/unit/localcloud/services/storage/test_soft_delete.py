"""Objects and buckets that can be brought back for a week, by the clock."""

OBJECT = "/storage/v1/b/lab-data/o/a"
LIST = "/storage/v1/b/lab-data/o?softDeleted=true"


def message(reply):
    return reply.status_code, reply.json()["error"]["message"]


def deleted(gcs, name="a", data=b"bytes"):
    generation = gcs.upload(name, data).json()["generation"]
    assert gcs("DELETE", f"/storage/v1/b/lab-data/o/{name}").status_code == 204
    return generation


def sweep(gcs):
    gcs.run(gcs.storage.housekeeping.sweep())


def test_a_deleted_object_is_kept_for_a_week(gcs, clock):
    generation = deleted(gcs)
    item = gcs("GET", LIST).json()["items"][0]

    assert (item["generation"], item["softDeleteTime"], item["hardDeleteTime"]) == (
        generation,
        "2026-11-24T09:30:00.000Z",
        "2026-12-01T09:30:00.000Z",
    )
    assert gcs("GET", OBJECT, params={"generation": generation}).status_code == 404
    assert gcs("GET", OBJECT, params={"softDeleted": "true", "generation": generation}).json() == item
    clock.advance(days=7)
    assert gcs("GET", OBJECT, params={"softDeleted": "true", "generation": generation}).status_code == 404
    sweep(gcs)
    assert "items" not in gcs("GET", LIST).json()
    assert gcs.blobs_on_disk() == set()


def test_an_overwritten_object_is_kept_too(gcs):
    gcs.upload("a", b"old")
    gcs.upload("a", b"new")

    assert len(gcs("GET", LIST).json()["items"]) == 1
    assert len(gcs("GET", "/storage/v1/b/lab-data/o").json()["items"]) == 1


def test_a_soft_deleted_object_is_restored_as_a_new_generation(gcs):
    generation = deleted(gcs)
    restored = gcs("POST", f"{OBJECT}/restore", params={"generation": generation}).json()

    assert restored["generation"] > generation
    assert "softDeleteTime" not in restored
    assert gcs.download("a").content == b"bytes"
    assert [item["generation"] for item in gcs("GET", LIST).json()["items"]] == [generation]


def test_a_restore_keeps_to_the_preconditions_of_the_live_object(gcs):
    generation = deleted(gcs)
    gcs.upload("a", b"newer")
    query = {"generation": generation, "ifGenerationMatch": "0"}

    assert gcs("POST", f"{OBJECT}/restore", params=query).status_code == 412
    assert gcs.download("a").content == b"newer"


def test_only_a_soft_deleted_generation_is_restored(gcs):
    live = gcs.upload("a").json()["generation"]

    assert message(gcs("POST", f"{OBJECT}/restore", params={"generation": live})) == (404, "No such object: lab-data/a")
    assert message(gcs("POST", f"{OBJECT}/restore")) == (400, "You must specify a generation.")
    assert message(gcs("GET", f"{OBJECT}?softDeleted=true")) == (400, "You must specify a generation.")


def test_a_bucket_without_soft_deletion_has_none_to_show(gcs):
    reply = gcs("PATCH", "/storage/v1/b/lab-data", json={"softDeletePolicy": {"retentionDurationSeconds": "0"}})
    assert reply.json()["softDeletePolicy"] == {"retentionDurationSeconds": "0"}
    generation = deleted(gcs)
    query = {"generation": generation}

    assert gcs.blobs_on_disk() == set()
    assert message(gcs("GET", LIST)) == (400, "Soft delete policy is required to list soft-deleted versions")
    assert message(gcs("GET", f"{OBJECT}?softDeleted=true", params={"softDeleted": "true", **query})) == (
        400,
        "Soft delete policy is required to request a soft-deleted version",
    )
    assert message(gcs("POST", f"{OBJECT}/restore", params=query)) == (400, "bucket soft delete policy must be set.")


def test_a_policy_that_grows_is_in_force_since_then(gcs, clock):
    def changed(days):
        clock.advance(hours=1)
        policy = {"retentionDurationSeconds": days * 86400}
        return gcs("PATCH", "/storage/v1/b/lab-data", json={"softDeletePolicy": policy}).json()["softDeletePolicy"]

    assert changed(10) == {"retentionDurationSeconds": "864000", "effectiveTime": "2026-11-24T10:30:00.000Z"}
    assert changed(8)["effectiveTime"] == "2026-11-24T10:30:00.000Z"


def test_a_generation_deleted_by_number_is_soft_deleted_with_versioning_too(gcs):
    gcs("PATCH", "/storage/v1/b/lab-data", json={"versioning": {"enabled": True}})
    generation = deleted(gcs)
    assert "items" not in gcs("GET", LIST).json()
    gcs("DELETE", OBJECT, params={"generation": generation})

    assert [item["generation"] for item in gcs("GET", LIST).json()["items"]] == [generation]
    assert "items" not in gcs("GET", "/storage/v1/b/lab-data/o?versions=true").json()


def test_a_list_is_of_versions_or_of_what_is_soft_deleted(gcs):
    assert gcs("GET", f"{LIST}&versions=true").status_code == 400


def test_a_deleted_bucket_is_restored_with_its_soft_deleted_objects(gcs):
    deleted(gcs)
    generation = gcs("GET", "/storage/v1/b/lab-data").json()["generation"]
    assert gcs("DELETE", "/storage/v1/b/lab-data").status_code == 204

    listed = gcs("GET", "/storage/v1/b?project=student-lab&softDeleted=true").json()["items"]
    assert [(item["name"], item["hardDeleteTime"]) for item in listed] == [("lab-data", "2026-12-01T09:30:00.000Z")]
    shown = gcs("GET", "/storage/v1/b/lab-data", params={"softDeleted": "true", "generation": generation})
    assert shown.json() == listed[0]
    restored = gcs("POST", "/storage/v1/b/lab-data/restore", params={"generation": generation})
    assert "softDeleteTime" not in restored.json()
    assert [item["name"] for item in gcs("GET", LIST).json()["items"]] == ["a"]


def test_a_new_bucket_of_the_same_name_knows_nothing_of_the_old(gcs):
    deleted(gcs)
    old = gcs("GET", "/storage/v1/b/lab-data").json()["generation"]
    gcs("DELETE", "/storage/v1/b/lab-data")
    gcs.bucket()

    assert "items" not in gcs("GET", LIST).json()
    assert gcs("POST", "/storage/v1/b/lab-data/restore", params={"generation": old}).status_code == 409
    assert message(gcs("POST", "/storage/v1/b/lab-data/restore"))[0] == 400
    assert gcs("POST", "/storage/v1/b/lab-data/restore?generation=1").status_code == 404


def test_a_deleted_bucket_goes_with_its_objects_when_its_time_is_over(gcs, clock):
    deleted(gcs)
    gcs("DELETE", "/storage/v1/b/lab-data")
    clock.advance(days=8)
    sweep(gcs)

    assert "items" not in gcs("GET", "/storage/v1/b?project=student-lab&softDeleted=true").json()
    assert gcs.blobs_on_disk() == set()


def test_a_bucket_without_soft_deletion_is_gone_at_once(gcs):
    deleted(gcs)
    gcs("PATCH", "/storage/v1/b/lab-data", json={"softDeletePolicy": {"retentionDurationSeconds": "0"}})
    gcs("DELETE", "/storage/v1/b/lab-data")

    assert "items" not in gcs("GET", "/storage/v1/b?project=student-lab&softDeleted=true").json()
    assert gcs.blobs_on_disk() == set()


def test_what_is_soft_deleted_survives_a_crash(gcs, crash):
    generation = deleted(gcs)
    after = crash()

    assert after("POST", f"{OBJECT}/restore", params={"generation": generation}).status_code == 200
    assert after.download("a").content == b"bytes"
