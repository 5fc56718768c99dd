"""Who may do what, with IAM itself behind the API."""

import pytest

from labkit.localcloud.core import constraints
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.iam.hierarchy import project_policy_name
from labkit.localcloud.services.storage import refusals

BUCKET = "/storage/v1/b/lab-data"
ROBOT = "robot@student-lab.iam.gserviceaccount.com"
ANYONE = {"authorization": "Bearer someone@example.org"}
NOBODY = {"authorization": ""}
FOR_EVERYONE = {"role": "roles/storage.objectViewer", "members": ["allUsers"]}
UNIFORM = {"uniformBucketLevelAccess": {"enabled": True}}


def sent_by(email):
    return {"authorization": f"Bearer {email}"}


def refusal(reply):
    (item,) = reply.json()["error"]["errors"]
    return reply.status_code, item["reason"], item["message"]


@pytest.fixture
def granted(gcs):
    """Gives the robot a role on a uniform bucket, under a condition if one is given."""
    gcs.accounts.add(ROBOT, "1")
    gcs.bucket("uniform-data", iamConfiguration=UNIFORM)

    def granted(role, expression="", bucket="uniform-data"):
        url = f"/storage/v1/b/{bucket}/iam"
        policy = gcs("GET", url, params={"optionsRequestedPolicyVersion": 3}).json()
        binding = {"role": f"roles/storage.{role}", "members": [f"serviceAccount:{ROBOT}"]}
        if expression:
            binding["condition"] = {"title": "test", "expression": expression}
        reply = gcs("PUT", url, json={**policy, "version": 3, "bindings": [*policy["bindings"], binding]})
        assert reply.status_code == 200, reply.text

    return granted


class TestRefusals:
    def test_a_caller_without_the_permission_is_told_so_in_googles_words(self, gcs):
        gcs.upload("a")

        assert refusal(gcs("GET", f"{BUCKET}/o/a", headers=ANYONE)) == (
            403,
            "forbidden",
            "someone@example.org does not have storage.objects.get access to the Google Cloud Storage object. "
            "Permission 'storage.objects.get' denied on resource (or it may not exist).",
        )
        assert refusal(gcs("GET", f"{BUCKET}/o", headers=ANYONE))[2].startswith(
            "someone@example.org does not have storage.objects.list access to the Google Cloud Storage bucket. "
        )
        assert refusal(gcs("GET", "/storage/v1/b?project=student-lab", headers=ANYONE))[2].startswith(
            "someone@example.org does not have storage.buckets.list access to the Google Cloud project. "
        )

    def test_nobody_known_is_asked_to_sign_in(self, gcs):
        gcs.upload("a")
        reply = gcs("GET", f"{BUCKET}/o/a", headers=NOBODY)

        assert refusal(reply) == (
            401,
            "required",
            "Anonymous caller does not have storage.objects.get access to the Google Cloud Storage object. "
            "Permission 'storage.objects.get' denied on resource (or it may not exist).",
        )
        assert reply.json()["error"]["errors"][0]["location"] == "Authorization"
        assert reply.headers["www-authenticate"].startswith("Bearer")

    def test_a_bad_token_is_no_caller_even_where_everyone_may(self, gcs):
        gcs.upload("a")
        gcs("POST", f"{BUCKET}/o/a/acl", json={"entity": "allUsers", "role": "READER"})

        reply = gcs("GET", f"{BUCKET}/o/a", headers={"authorization": "Bearer forged"})

        assert refusal(reply) == (401, "authError", "Invalid Credentials")

    def test_who_may_not_list_does_not_learn_what_is_missing(self, gcs, granted):
        granted("legacyObjectReader")

        hidden = gcs("GET", "/storage/v1/b/uniform-data/o/nothing", headers=sent_by(ROBOT))
        assert refusal(hidden)[0] == 403
        assert "storage.objects.list" in refusal(hidden)[2]

        granted("objectViewer")
        shown = gcs("GET", "/storage/v1/b/uniform-data/o/nothing", headers=sent_by(ROBOT))
        assert refusal(shown)[0] == 404

    def test_names_of_buckets_are_no_secret(self, gcs):
        assert refusal(gcs("GET", "/storage/v1/b/no-such-bucket", headers=ANYONE))[0] == 404

    def test_the_api_is_off_in_the_project_of_the_bucket(self, gcs):
        gcs.services.disabled = ("storage.googleapis.com",)

        assert refusal(gcs("GET", BUCKET))[2] == "storage.googleapis.com is off in student-lab"

    def test_that_an_api_is_off_has_an_older_name_here(self):
        error = ApiError(Code.PERMISSION_DENIED, "It is disabled.", reason="SERVICE_DISABLED")

        assert refusals.refusal(error) == refusals.Refusal(403, "accessNotConfigured")


class TestRoles:
    def test_a_creator_creates_and_cannot_replace(self, gcs, granted):
        granted("objectCreator")
        robot = sent_by(ROBOT)
        assert gcs.upload("a", b"1", "uniform-data", headers=robot).status_code == 200

        again = gcs.upload("a", b"2", "uniform-data", headers=robot)

        assert refusal(again)[2].startswith(f"{ROBOT} does not have storage.objects.delete access")
        assert gcs.download("a", "uniform-data").content == b"1"

    def test_a_resumable_upload_cannot_replace_what_came_into_being_meanwhile(self, gcs, granted):
        granted("objectCreator")
        session = gcs.begin("a", "uniform-data", headers=sent_by(ROBOT))
        gcs.upload("a", b"the owner's", "uniform-data")

        reply = gcs("PUT", session, content=b"the robot's", headers=NOBODY)

        assert "storage.objects.delete" in refusal(reply)[2]
        assert gcs.download("a", "uniform-data").content == b"the owner's"

    def test_whoever_has_the_uri_of_a_session_goes_on_with_it(self, gcs):
        session = gcs.begin("a")

        assert gcs("PUT", session, content=b"data", headers=NOBODY).status_code == 200
        assert gcs("GET", f"{BUCKET}/o/a?projection=full").json()["owner"] == {"entity": "user-student@example.com"}

    def test_a_role_on_the_project_counts_in_its_buckets(self, gcs):
        gcs.upload("a")
        gcs.policies.grant(project_policy_name("student-lab"), "roles/storage.objectViewer", "user:someone@example.org")

        assert gcs("GET", f"{BUCKET}/o/a", headers=ANYONE).status_code == 200
        assert gcs.upload("b", headers=ANYONE).status_code == 403

    def test_the_people_of_the_project_have_what_a_new_bucket_gives_them(self, gcs):
        gcs.upload("a")
        gcs.policies.grant(project_policy_name("student-lab"), "roles/viewer", "user:someone@example.org")

        assert gcs("GET", f"{BUCKET}/o", headers=ANYONE).status_code == 200
        assert gcs("GET", f"{BUCKET}/o/a", headers=ANYONE).status_code == 200
        assert gcs("DELETE", f"{BUCKET}/o/a", headers=ANYONE).status_code == 403

    def test_a_condition_may_name_a_folder(self, gcs, granted):
        prefix = "projects/_/buckets/uniform-data/objects/reports/"
        granted("objectViewer", f"resource.name.startsWith('{prefix}')")
        for name in ("reports/a", "private/a"):
            gcs.upload(name, b"", "uniform-data")

        url = "/storage/v1/b/uniform-data/o"
        assert gcs("GET", f"{url}/reports%2Fa", headers=sent_by(ROBOT)).status_code == 200
        assert gcs("GET", f"{url}/private%2Fa", headers=sent_by(ROBOT)).status_code == 403
        assert gcs("GET", url, params={"prefix": "reports/"}, headers=sent_by(ROBOT)).status_code == 403

    def test_a_condition_may_name_the_prefix_of_a_list(self, gcs, granted):
        attribute = "api.getAttribute('storage.googleapis.com/objectListPrefix', '')"
        granted("objectViewer", f"{attribute}.startsWith('reports/')")

        url = "/storage/v1/b/uniform-data/o"
        assert gcs("GET", url, params={"prefix": "reports/2026"}, headers=sent_by(ROBOT)).status_code == 200
        assert gcs("GET", url, headers=sent_by(ROBOT)).status_code == 403


class TestPayers:
    def test_a_project_that_is_to_pay_must_be_the_callers_to_use(self, gcs):
        url = f"{BUCKET}?userProject=student-lab"
        assert gcs("GET", url).status_code == 200

        gcs.policies.grant(project_policy_name("student-lab"), "roles/storage.admin", "user:someone@example.org")
        assert refusal(gcs("GET", url, headers=ANYONE))[2].startswith(
            "someone@example.org does not have serviceusage.services.use access to the Google Cloud project."
        )

    def test_a_requester_who_pays_says_so(self, gcs):
        gcs("PATCH", BUCKET, json={"billing": {"requesterPays": True}})
        gcs.policies.grant(project_policy_name("student-lab"), "roles/storage.admin", "user:someone@example.org")

        refused = refusal(gcs("GET", BUCKET, headers=ANYONE))

        assert refused == (400, "required", "Bucket is a requester pays bucket but no user project provided.")
        assert gcs("GET", BUCKET).status_code == 200


class TestPublicAccess:
    WORDS = (
        "The member bindings allUsers and allAuthenticatedUsers are not allowed since public access prevention is "
        "enforced."
    )

    def open(self, gcs, **configuration):
        gcs.bucket("open-data", iamConfiguration={**UNIFORM, **configuration})
        gcs.upload("a", b"", "open-data")
        policy = gcs("GET", "/storage/v1/b/open-data/iam").json()
        return gcs("PUT", "/storage/v1/b/open-data/iam", json={"bindings": [*policy["bindings"], FOR_EVERYONE]})

    def readable(self, gcs, headers):
        return gcs("GET", "/storage/v1/b/open-data/o/a", headers=headers).status_code == 200

    def test_what_is_public_needs_no_token(self, gcs):
        assert self.open(gcs).status_code == 200

        assert self.readable(gcs, NOBODY)
        assert gcs("DELETE", "/storage/v1/b/open-data/o/a", headers=NOBODY).status_code == 401

    def test_prevention_refuses_to_open_a_bucket(self, gcs):
        assert refusal(self.open(gcs, publicAccessPrevention="enforced")) == (412, "conditionNotMet", self.WORDS)

    def test_prevention_shuts_what_was_open(self, gcs):
        self.open(gcs)
        gcs("PATCH", "/storage/v1/b/open-data", json={"iamConfiguration": {"publicAccessPrevention": "enforced"}})

        assert not self.readable(gcs, NOBODY)
        assert not self.readable(gcs, ANYONE)
        gcs("PATCH", "/storage/v1/b/open-data", json={"iamConfiguration": {"publicAccessPrevention": "inherited"}})
        assert self.readable(gcs, NOBODY)

    def test_an_organization_prevents_it_as_well(self, gcs):
        self.open(gcs)
        gcs.constraints.enforced.add(constraints.PUBLIC_ACCESS_PREVENTION)

        assert not self.readable(gcs, NOBODY)
        again = gcs("PUT", "/storage/v1/b/open-data/iam", json={"bindings": [FOR_EVERYONE]})
        assert refusal(again) == (412, "conditionNotMet", self.WORDS)

    def test_domain_restricted_sharing_shuts_everyone_out(self, gcs):
        gcs.constraints.allowed[constraints.ALLOWED_MEMBER_DOMAINS] = frozenset({"example.com"})

        message = "One or more users named in the policy do not belong to a permitted customer."
        assert refusal(self.open(gcs)) == (412, "conditionNotMet", message)


class TestOrganization:
    def test_a_bucket_may_have_to_be_uniform(self, gcs):
        gcs.constraints.enforced.add(constraints.UNIFORM_BUCKET_ACCESS)
        url = "/storage/v1/b?project=student-lab"

        refused = gcs("POST", url, json={"name": "listed-data"})

        message = "Request violates constraint 'constraints/storage.uniformBucketLevelAccess'"
        assert refusal(refused) == (412, "conditionNotMet", message)
        assert gcs("POST", url, json={"name": "listed-data", "iamConfiguration": UNIFORM}).status_code == 200

    def test_a_bucket_may_have_to_be_in_a_place(self, gcs):
        gcs.constraints.allowed[constraints.RESOURCE_LOCATIONS] = frozenset({"in:europe-locations"})
        url = "/storage/v1/b?project=student-lab"

        refused = gcs("POST", url, json={"name": "far-data", "location": "us-central1"})

        assert refusal(refused)[2] == "'us-central1' violates constraint 'constraints/gcp.resourceLocations'"
        assert gcs("POST", url, json={"name": "near-data", "location": "europe-west4"}).status_code == 200


class TestUniformAccess:
    def test_it_is_locked_after_90_days(self, gcs):
        gcs("PATCH", BUCKET, json={"iamConfiguration": UNIFORM})
        off = {"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": False}}}
        gcs.clock.advance(days=89)
        assert gcs("PATCH", BUCKET, json=off).status_code == 200

        gcs("PATCH", BUCKET, json={"iamConfiguration": UNIFORM})
        gcs.clock.advance(days=90)
        assert refusal(gcs("PATCH", BUCKET, json=off))[0] == 412

    def test_it_stays_while_there_are_conditions(self, gcs, granted):
        granted("objectViewer", "request.time < timestamp('2027-01-01T00:00:00Z')")

        off = {"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": False}}}
        reply = gcs("PATCH", "/storage/v1/b/uniform-data", json=off)

        assert refusal(reply)[0] == 412
        assert gcs("GET", "/storage/v1/b/uniform-data").json()["iamConfiguration"]["uniformBucketLevelAccess"][
            "enabled"
        ]
