"""Access control lists: kept, shown, and what they open."""

import pytest

BUCKET = "/storage/v1/b/lab-data"
OBJECT = f"{BUCKET}/o/a"
FRIEND = {"authorization": "Bearer friend@example.com"}
NOBODY = {"authorization": ""}
OWNER = {"entity": "user-student@example.com", "role": "OWNER"}
TEAMS = {
    "project-owners-100000000001": "OWNER",
    "project-editors-100000000001": "OWNER",
    "project-viewers-100000000001": "READER",
}
MORE = "Read more at https://cloud.google.com/storage/docs/uniform-bucket-level-access"


def roles(entries):
    return {entry["entity"]: entry["role"] for entry in entries}


def message(reply):
    return reply.status_code, reply.json()["error"]["message"]


@pytest.fixture(autouse=True)
def stored(gcs):
    assert gcs.upload("a", b"data").status_code == 200


class TestBucket:
    def test_its_list_is_a_view_of_its_policy(self, gcs):
        assert roles(gcs("GET", f"{BUCKET}/acl").json()["items"]) == TEAMS

        gcs("POST", f"{BUCKET}/acl", json={"entity": "user-Friend@example.com", "role": "READER"})
        policy = gcs("GET", f"{BUCKET}/iam").json()

        readers = {binding["role"]: binding["members"] for binding in policy["bindings"]}[
            "roles/storage.legacyBucketReader"
        ]
        assert readers == ["projectViewer:student-lab", "user:friend@example.com"]
        entry = gcs("GET", f"{BUCKET}/acl/user-friend@example.com").json()
        assert (entry["role"], entry["email"], entry["kind"]) == (
            "READER",
            "friend@example.com",
            "storage#bucketAccessControl",
        )

    @pytest.mark.parametrize(
        ("role", "lists", "writes", "owns"),
        [("READER", 200, 403, 403), ("WRITER", 200, 200, 403), ("OWNER", 200, 200, 200)],
    )
    def test_a_role_opens_what_google_says(self, gcs, role, lists, writes, owns):
        gcs("POST", f"{BUCKET}/acl", json={"entity": "user-friend@example.com", "role": role})

        assert gcs("GET", f"{BUCKET}/o", headers=FRIEND).status_code == lists
        assert gcs.upload("b", headers=FRIEND).status_code == writes
        assert gcs("GET", f"{BUCKET}/acl", headers=FRIEND).status_code == owns
        assert gcs("GET", OBJECT, headers=FRIEND).status_code == 403

    def test_an_entry_is_changed_and_taken_away(self, gcs):
        entry = f"{BUCKET}/acl/user-friend@example.com"
        gcs("POST", f"{BUCKET}/acl", json={"entity": "user-friend@example.com", "role": "READER"})

        assert gcs("PATCH", entry, json={"role": "WRITER"}).json()["role"] == "WRITER"
        assert gcs("DELETE", entry).status_code == 204
        assert gcs("GET", entry).status_code == 404

    def test_its_owners_keep_their_access(self, gcs):
        reply = gcs("DELETE", f"{BUCKET}/acl/project-owners-student-lab")

        assert message(reply) == (403, "The owner of the resource is required to have OWNER access.")

    def test_google_has_names_for_lists(self, gcs):
        url = "/storage/v1/b?project=student-lab&predefinedAcl=publicRead&predefinedDefaultObjectAcl=publicRead"
        assert gcs("POST", url, json={"name": "open-data"}).status_code == 200

        full = gcs("GET", "/storage/v1/b/open-data?projection=full").json()
        assert roles(full["acl"]) == {"project-owners-100000000001": "OWNER", "allUsers": "READER"}
        assert roles(full["defaultObjectAcl"]) == {"allUsers": "READER"}
        assert full["owner"] == {"entity": "project-owners-100000000001"}
        gcs.upload("b", b"", "open-data")
        assert gcs("GET", "/storage/v1/b/open-data/o/b", headers=NOBODY).status_code == 200

    def test_a_patch_sets_lists(self, gcs):
        acl = [{"entity": "user-friend@example.com", "role": "READER"}]
        shown = gcs("PATCH", BUCKET, json={"acl": acl, "defaultObjectAcl": acl}).json()

        assert roles(shown["acl"]) == {"user-friend@example.com": "READER", "project-owners-100000000001": "OWNER"}
        assert roles(shown["defaultObjectAcl"]) == {"user-friend@example.com": "READER"}
        assert shown["metageneration"] == "2"


class TestObject:
    def test_it_starts_with_the_default_list_and_its_owner(self, gcs):
        full = gcs("GET", f"{OBJECT}?projection=full").json()

        assert roles(full["acl"]) == {**TEAMS, OWNER["entity"]: "OWNER"}
        assert full["owner"] == {"entity": "user-student@example.com"}
        assert "acl" not in gcs("GET", OBJECT).json()

    def test_a_reader_reads_and_an_owner_shares(self, gcs):
        gcs("POST", f"{OBJECT}/acl", json={"entity": "user-friend@example.com", "role": "READER"})
        assert gcs.download("a", headers=FRIEND).content == b"data"
        assert gcs("PATCH", OBJECT, json={"contentType": "text/csv"}, headers=FRIEND).status_code == 403

        gcs("PUT", f"{OBJECT}/acl/user-friend@example.com", json={"role": "OWNER"})
        assert gcs("PATCH", OBJECT, json={"contentType": "text/csv"}, headers=FRIEND).status_code == 200
        assert (
            gcs("POST", f"{OBJECT}/acl", json={"entity": "allUsers", "role": "READER"}, headers=FRIEND).status_code
            == 200
        )
        assert gcs.download("a", headers=NOBODY).content == b"data"
        # What the bucket decides, no list of an object gives.
        assert gcs("DELETE", OBJECT, headers=FRIEND).status_code == 403

    def test_lists_are_of_one_version(self, gcs):
        gcs("PATCH", BUCKET, json={"versioning": {"enabled": True}})
        old = gcs("GET", OBJECT).json()["generation"]
        gcs("POST", f"{OBJECT}/acl", json={"entity": "user-friend@example.com", "role": "READER"})
        gcs.upload("a", b"new")

        assert gcs("GET", f"{OBJECT}?generation={old}", headers=FRIEND).status_code == 200
        assert gcs("GET", OBJECT, headers=FRIEND).status_code == 403

    def test_only_who_may_see_a_list_is_shown_it(self, gcs):
        gcs("POST", f"{OBJECT}/acl", json={"entity": "user-friend@example.com", "role": "READER"})

        assert "acl" in gcs("GET", f"{OBJECT}?projection=full").json()
        assert "acl" not in gcs("GET", f"{OBJECT}?projection=full", headers=FRIEND).json()

    def test_an_upload_brings_its_own_list(self, gcs):
        gcs("POST", f"/upload{BUCKET}/o", params={"uploadType": "media", "name": "open", "predefinedAcl": "publicRead"})
        session = gcs.begin("shared", acl=[{"entity": "user-friend@example.com", "role": "READER"}])
        gcs("PUT", session, content=b"")

        open_, shared = (gcs("GET", f"{BUCKET}/o/{name}?projection=full").json()["acl"] for name in ("open", "shared"))
        assert roles(open_) == {OWNER["entity"]: "OWNER", "allUsers": "READER"}
        assert roles(shared) == {"user-friend@example.com": "READER", OWNER["entity"]: "OWNER"}

    def test_a_copy_has_a_list_of_its_own(self, gcs):
        gcs("POST", f"{OBJECT}/acl", json={"entity": "allUsers", "role": "READER"})
        gcs("POST", f"{OBJECT}/copyTo/b/lab-data/o/b", params={"destinationPredefinedAcl": "private"})

        assert roles(gcs("GET", f"{BUCKET}/o/b?projection=full").json()["acl"]) == {OWNER["entity"]: "OWNER"}

    def test_a_moved_object_keeps_its_list(self, gcs):
        gcs("POST", f"{OBJECT}/acl", json={"entity": "allUsers", "role": "READER"})
        gcs("POST", f"{OBJECT}/moveTo/o/b")

        assert gcs("GET", f"{BUCKET}/o/b", headers=NOBODY).status_code == 200

    def test_it_is_public_unless_that_is_prevented(self, gcs):
        gcs("POST", f"{OBJECT}/acl", json={"entity": "allUsers", "role": "READER"})
        gcs("PATCH", BUCKET, json={"iamConfiguration": {"publicAccessPrevention": "enforced"}})

        assert gcs("GET", OBJECT, headers=NOBODY).status_code == 401
        assert gcs("POST", f"{OBJECT}/acl", json={"entity": "allUsers", "role": "READER"}).status_code == 412
        assert gcs("PATCH", OBJECT, params={"predefinedAcl": "publicRead"}, json={}).status_code == 412

    def test_its_owner_keeps_access(self, gcs):
        assert gcs("DELETE", f"{OBJECT}/acl/user-student@example.com").status_code == 403
        patched = gcs("PATCH", OBJECT, json={"acl": [{"entity": "user-student@example.com", "role": "READER"}]})
        assert patched.status_code == 403

    @pytest.mark.parametrize(
        ("entry", "status"),
        [
            ({"entity": "allUsers", "role": "WRITER"}, 400),
            ({"entity": "someone", "role": "READER"}, 400),
            ({"entity": "allUsers"}, 400),
            ({"role": "READER"}, 400),
        ],
    )
    def test_what_is_no_entry_is_refused(self, gcs, entry, status):
        assert gcs("POST", f"{OBJECT}/acl", json=entry).status_code == status

    def test_a_name_and_entries_at_once_are_a_conflict(self, gcs):
        reply = gcs(
            "PATCH",
            OBJECT,
            params={"predefinedAcl": "private"},
            json={"acl": [{"entity": "allUsers", "role": "READER"}]},
        )

        assert message(reply) == (409, "Cannot provide both a predefinedAcl and access controls.")


class TestUniformAccess:
    @pytest.fixture(autouse=True)
    def uniform(self, gcs):
        gcs("POST", f"{OBJECT}/acl", json={"entity": "allUsers", "role": "READER"})
        gcs("PATCH", BUCKET, json={"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}}})
        policy = gcs("GET", f"{BUCKET}/iam").json()
        binding = {"role": "roles/storage.admin", "members": ["user:student@example.com"]}
        gcs("PUT", f"{BUCKET}/iam", json={"bindings": [*policy["bindings"], binding]})

    @pytest.mark.parametrize(
        ("verb", "path", "words"),
        [
            (
                "GET",
                f"{OBJECT}/acl",
                "Cannot get legacy ACL for an object when uniform bucket-level access is enabled.",
            ),
            (
                "POST",
                f"{OBJECT}/acl",
                "Cannot update access control for an object when uniform bucket-level access is enabled.",
            ),
            ("GET", f"{BUCKET}/acl", "Cannot get legacy ACL for a bucket that has uniform bucket-level access."),
            (
                "POST",
                f"{BUCKET}/acl",
                "Cannot use ACL API to update bucket policy when uniform bucket-level access is enabled.",
            ),
            (
                "POST",
                f"{BUCKET}/defaultObjectAcl",
                "Cannot use ACL API to update bucket policy when uniform bucket-level access is enabled.",
            ),
            (
                "POST",
                f"/upload{BUCKET}/o?uploadType=media&name=b&predefinedAcl=publicRead",
                "Cannot insert legacy ACL for an object when uniform bucket-level access is enabled.",
            ),
            (
                "PATCH",
                f"{OBJECT}?predefinedAcl=publicRead",
                "Cannot update access control for an object when uniform bucket-level access is enabled.",
            ),
        ],
    )
    def test_it_does_away_with_lists(self, gcs, verb, path, words):
        body = {} if verb == "GET" else {"json": {"entity": "allUsers", "role": "READER"}}

        assert message(gcs(verb, path, **body)) == (400, f"{words} {MORE}")

    def test_lists_open_nothing_until_it_is_taken_back(self, gcs):
        assert gcs("GET", OBJECT, headers=NOBODY).status_code == 401

        gcs("PATCH", BUCKET, json={"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": False}}})

        assert gcs("GET", OBJECT, headers=NOBODY).status_code == 200
