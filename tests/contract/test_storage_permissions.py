"""For each permission that a lab uses on Cloud Storage: the smallest role that is enough, and the call without it."""

import secrets
from dataclasses import dataclass

import pytest
import requests
from google.api_core import exceptions
from google.auth import impersonated_credentials
from google.auth.credentials import AnonymousCredentials
from google.oauth2.credentials import Credentials

from labkit.localcloud.core import constraints


@dataclass(frozen=True)
class Stock:
    """A uniform bucket with an object "a.csv", as its owner sees it."""

    bucket: object

    def grant(self, role, member, **condition):
        policy = self.bucket.get_iam_policy(requested_policy_version=3)
        policy.version = 3
        policy.bindings.append({"role": role, "members": {member}, **condition})
        self.bucket.set_iam_policy(policy)

    def seen_by(self, client):
        return client.bucket(self.bucket.name)


@pytest.fixture
def as_user(local_cloud, token_of):
    """A storage client of a user, by their address."""
    from google.cloud import storage

    def as_user(email):
        return storage.Client(project=local_cloud.project, credentials=Credentials(token_of(email)))

    return as_user


@pytest.fixture
def somebody():
    """A user nobody has granted anything."""
    return f"somebody-{secrets.token_hex(4)}@example.com"


@pytest.fixture
def stock(local_cloud, as_user):
    owner = as_user("student@example.com")
    bucket = owner.bucket(f"labkit-permissions-{secrets.token_hex(6)}")
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    owner.create_bucket(bucket, location=local_cloud.region)
    bucket.blob("a.csv").upload_from_string("data")
    yield Stock(bucket)
    if bucket.exists():
        bucket.delete(force=True)


def patch_object(bucket):
    blob = bucket.blob("a.csv")
    blob.metadata = {"reviewed": "yes"}
    blob.patch()


def patch_bucket(bucket):
    bucket.labels = {"course": "ml"}
    bucket.patch()


def set_policy(bucket):
    bucket.set_iam_policy(bucket.get_iam_policy())


# The permission that is missed first, the smallest role for a bucket that has it, and a call that takes it.
SMALLEST = [
    ("storage.objects.get", "objectViewer", lambda bucket: bucket.blob("a.csv").download_as_bytes()),
    ("storage.objects.list", "objectViewer", lambda bucket: list(bucket.list_blobs())),
    ("storage.objects.create", "objectCreator", lambda bucket: bucket.blob("b.csv").upload_from_string("")),
    ("storage.objects.create", "objectUser", lambda bucket: bucket.blob("a.csv").upload_from_string("new")),
    ("storage.objects.update", "objectUser", patch_object),
    ("storage.objects.delete", "objectUser", lambda bucket: bucket.blob("a.csv").delete()),
    ("storage.objects.get", "objectUser", lambda bucket: bucket.blob("b.csv").rewrite(bucket.blob("a.csv"))),
    ("storage.objects.get", "objectUser", lambda bucket: bucket.blob("b.csv").compose([bucket.blob("a.csv")])),
    ("storage.buckets.get", "legacyBucketReader", lambda bucket: bucket.reload()),
    ("storage.buckets.update", "legacyBucketOwner", patch_bucket),
    ("storage.buckets.getIamPolicy", "legacyBucketOwner", lambda bucket: bucket.get_iam_policy()),
    ("storage.buckets.getIamPolicy", "legacyBucketOwner", set_policy),
    ("storage.buckets.update", "legacyBucketOwner", lambda bucket: bucket.notification("news").create()),
]


@pytest.mark.operation("identity")
@pytest.mark.parametrize(("permission", "role", "call"), SMALLEST, ids=[f"{p} {r}" for p, r, _ in SMALLEST])
def test_the_smallest_role_is_enough_and_nothing_is_not(stock, as_user, somebody, permission, role, call):
    with pytest.raises(exceptions.Forbidden) as refused:
        call(stock.seen_by(as_user(somebody)))
    assert f"{somebody} does not have {permission} access to the Google Cloud Storage" in refused.value.message
    assert f"Permission '{permission}' denied on resource (or it may not exist)." in refused.value.message

    stock.grant(f"roles/storage.{role}", f"user:{somebody}")
    call(stock.seen_by(as_user(somebody)))


def test_a_creator_cannot_replace_list_or_read(stock, as_user, somebody):
    stock.grant("roles/storage.objectCreator", f"user:{somebody}")
    bucket = stock.seen_by(as_user(somebody))
    bucket.blob("b.csv").upload_from_string("mine")

    for call in (
        lambda: bucket.blob("a.csv").upload_from_string("over yours"),
        lambda: list(bucket.list_blobs()),
        lambda: bucket.blob("b.csv").download_as_bytes(),
    ):
        with pytest.raises(exceptions.Forbidden):
            call()
    assert stock.bucket.blob("a.csv").download_as_bytes() == b"data"


def test_buckets_are_made_and_listed_by_who_may_in_the_project(local_cloud, as_user, somebody):
    name = f"labkit-permissions-{secrets.token_hex(6)}"
    for call in (lambda client: client.create_bucket(name), lambda client: list(client.list_buckets())):
        with pytest.raises(exceptions.Forbidden, match="access to the Google Cloud project"):
            call(as_user(somebody))

    owner = as_user("student@example.com")
    owner.create_bucket(name).delete()
    assert isinstance(list(owner.list_buckets()), list)


@pytest.mark.operation("identity")
def test_a_service_account_is_impersonated_and_has_its_own_roles(local_cloud, stock, token_of):
    from google.cloud import iam_admin_v1, storage

    student = Credentials(token_of("student@example.com"))
    with iam_admin_v1.IAMClient(credentials=student) as accounts:
        robot = accounts.create_service_account(
            name=f"projects/{local_cloud.project}", account_id=f"robot-{secrets.token_hex(4)}"
        )
        policy = accounts.get_iam_policy(request={"resource": robot.name})
        policy.bindings.add(role="roles/iam.serviceAccountTokenCreator", members=["user:student@example.com"])
        accounts.set_iam_policy(request={"resource": robot.name, "policy": policy})
    theirs = impersonated_credentials.Credentials(
        student, robot.email, target_scopes=["https://www.googleapis.com/auth/cloud-platform"]
    )
    bucket = stock.seen_by(storage.Client(project=local_cloud.project, credentials=theirs))

    with pytest.raises(exceptions.Forbidden, match=robot.email):
        bucket.blob("a.csv").download_as_bytes()
    stock.grant("roles/storage.objectViewer", f"serviceAccount:{robot.email}")
    assert bucket.blob("a.csv").download_as_bytes() == b"data"


@pytest.mark.operation("IAM, ACLs")
def test_a_condition_opens_one_folder(stock, as_user, somebody):
    prefix = f"projects/_/buckets/{stock.bucket.name}/objects/reports/"
    stock.bucket.blob("reports/b.csv").upload_from_string("report")
    condition = {"title": "reports only", "expression": f'resource.name.startsWith("{prefix}")'}
    stock.grant("roles/storage.objectViewer", f"user:{somebody}", condition=condition)
    bucket = stock.seen_by(as_user(somebody))

    assert bucket.blob("reports/b.csv").download_as_bytes() == b"report"
    with pytest.raises(exceptions.Forbidden):
        bucket.blob("a.csv").download_as_bytes()


def test_conditions_are_for_uniform_buckets(as_user):
    bucket = as_user("student@example.com").create_bucket(f"labkit-permissions-{secrets.token_hex(6)}")
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.version = 3
    condition = {"title": "always", "expression": "true"}
    policy.bindings.append(
        {"role": "roles/storage.objectViewer", "members": {"user:student@example.com"}, "condition": condition}
    )

    with pytest.raises(exceptions.PreconditionFailed, match="enable uniform bucket-level access"):
        bucket.set_iam_policy(policy)
    bucket.delete()


@pytest.mark.operation("IAM, ACLs")
def test_of_two_who_change_a_policy_the_second_is_told(stock):
    first, second = (stock.bucket.get_iam_policy(requested_policy_version=3) for _ in range(2))
    first["roles/storage.objectViewer"] = {"user:a@example.com"}
    stock.bucket.set_iam_policy(first)

    second["roles/storage.objectViewer"] = {"user:b@example.com"}
    with pytest.raises(exceptions.PreconditionFailed):
        stock.bucket.set_iam_policy(second)


@pytest.mark.operation("IAM, ACLs")
def test_a_caller_learns_what_they_may_do(stock, as_user, somebody):
    wanted = ["storage.objects.get", "storage.objects.create"]
    stock.grant("roles/storage.objectViewer", f"user:{somebody}")

    assert stock.bucket.test_iam_permissions(wanted) == wanted
    assert stock.seen_by(as_user(somebody)).test_iam_permissions(wanted) == ["storage.objects.get"]


def ask(bucket, **headers):
    """What the JSON API says of "a.csv": google-auth would try to sign in again first."""
    url = f"https://storage.googleapis.com/storage/v1/b/{bucket.name}/o/a.csv"
    reply = requests.get(url, headers=headers, timeout=10)
    return reply.status_code, "" if reply.ok else reply.json()["error"]["message"]


@pytest.mark.operation("identity")
def test_a_stranger_is_asked_to_sign_in_until_the_bucket_is_public(local_cloud, stock):
    from google.cloud import storage

    status, message = ask(stock.bucket)
    assert status == 401
    assert message.startswith("Anonymous caller does not have storage.objects.get access")

    stock.grant("roles/storage.objectViewer", "allUsers")
    stranger = storage.Client(project=local_cloud.project, credentials=AnonymousCredentials())
    assert stock.seen_by(stranger).blob("a.csv").download_as_bytes() == b"data"

    stock.bucket.iam_configuration.public_access_prevention = "enforced"
    stock.bucket.patch()
    assert ask(stock.bucket)[0] == 401
    with pytest.raises(exceptions.PreconditionFailed, match="public access prevention is enforced"):
        stock.grant("roles/storage.objectViewer", "allAuthenticatedUsers")


@pytest.mark.operation("identity")
def test_a_bad_token_is_told_from_a_missing_permission(stock):
    assert ask(stock.bucket, authorization="Bearer ya29.forged") == (401, "Invalid Credentials")


@pytest.mark.operation("files", client="gcsfs")
def test_gcsfs_sees_what_its_identity_may_see(local_cloud, stock, token_of, somebody):
    gcsfs = pytest.importorskip("gcsfs")
    stock.grant("roles/storage.objectViewer", f"user:{somebody}")
    options = {"project": local_cloud.project, "session_kwargs": {"trust_env": True}, "skip_instance_cache": True}
    files = gcsfs.GCSFileSystem(token=Credentials(token_of(somebody)), **options)

    assert files.cat(f"{stock.bucket.name}/a.csv") == b"data"
    with pytest.raises(OSError, match=r"storage\.objects\.create"):
        files.pipe(f"{stock.bucket.name}/b.csv", b"new")


@pytest.mark.operation("buckets", client="gcloud storage")
def test_gcloud_grants_and_is_refused(stock, gcloud_of, somebody):
    url = f"gs://{stock.bucket.name}"
    refused = gcloud_of("storage", "cat", f"{url}/a.csv", email=somebody, fails=True)
    assert f"{somebody} does not have storage.objects" in refused

    grant = ("storage", "buckets", "add-iam-policy-binding", url)
    gcloud_of(*grant, f"--member=user:{somebody}", "--role=roles/storage.objectViewer")
    assert gcloud_of("storage", "cat", f"{url}/a.csv", email=somebody) == "data"
    assert f"{url}/a.csv" in gcloud_of("storage", "ls", url, email=somebody)
    assert "storage.objects.delete" in gcloud_of("storage", "rm", f"{url}/a.csv", email=somebody, fails=True)

    taken = ("storage", "buckets", "remove-iam-policy-binding", url)
    gcloud_of(*taken, f"--member=user:{somebody}", "--role=roles/storage.objectViewer")
    gcloud_of("storage", "cat", f"{url}/a.csv", email=somebody, fails=True)


def test_gcloud_says_why_a_bucket_cannot_be_made_public(stock, gcloud_of):
    url = f"gs://{stock.bucket.name}"
    gcloud_of("storage", "buckets", "update", url, "--public-access-prevention")

    grant = ("storage", "buckets", "add-iam-policy-binding", url)
    words = gcloud_of(*grant, "--member=allUsers", "--role=roles/storage.objectViewer", fails=True)

    assert "public access prevention is enforced" in words


def test_an_organization_policy_shuts_what_was_public(local_cloud, stock, token_of, gcloud_of):
    from google.cloud import orgpolicy_v2

    stock.grant("roles/storage.objectViewer", "allUsers")
    assert ask(stock.bucket)[0] == 200
    gcloud_of("services", "enable", "orgpolicy.googleapis.com", f"--project={local_cloud.project}")
    name = f"projects/{local_cloud.project}/policies/{constraints.PUBLIC_ACCESS_PREVENTION}"
    rules = [orgpolicy_v2.PolicySpec.PolicyRule(enforce=True)]
    with orgpolicy_v2.OrgPolicyClient(credentials=Credentials(token_of("teacher@example.com"))) as policies:
        policies.create_policy(
            parent=f"projects/{local_cloud.project}",
            policy=orgpolicy_v2.Policy(name=name, spec=orgpolicy_v2.PolicySpec(rules=rules)),
        )
        try:
            assert ask(stock.bucket)[0] == 401
        finally:
            policies.delete_policy(name=name)
    assert ask(stock.bucket)[0] == 200
