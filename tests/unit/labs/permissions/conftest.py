"""A cloud for lab 02 whose network edge is two tables: what the policies say, and which calls are let through."""

from contextlib import suppress
from types import SimpleNamespace

import pytest
from google.api_core.exceptions import Forbidden, NotFound, PreconditionFailed
from google.api_core.iam import Policy as StoragePolicy
from google.auth.exceptions import RefreshError
from google.cloud.iam_admin_v1.types import Role, ServiceAccount
from google.iam.v1.policy_pb2 import Policy

DOMAIN = "@p.iam.gserviceaccount.com"
MACHINE = "7-compute@developer.gserviceaccount.com"
STUDENT = "ada@example.com"


class World:
    """`policies` by resource, (role, member, condition) each; `calls` let through, (identity, what it may) each."""

    def __init__(self):
        self.policies, self.calls, self.keys, self.roles = {}, set(), {}, {}
        self.accounts = {f"lab02-{name}{DOMAIN}" for name in ("trainer", "reviewer", "pipeline", "guard", "legacy")}
        self.accounts |= {f"lab02-newcomer{DOMAIN}", MACHINE}
        self.disabled, self.closed = set(), set()

    def bind(self, resource, role, member, condition=""):
        self.policies.setdefault(resource, []).append((role, member, condition))

    def let(self, identity, *calls):
        self.calls |= {(identity, call) for call in calls}

    def require(self, identity, call):
        if (identity, call) not in self.calls:
            raise Forbidden(f"{identity} may not {call}")

    def held(self, identity, asked, place):
        return SimpleNamespace(permissions=[name for name in asked if (identity, f"{name} on {place}") in self.calls])

    def policy(self, request):
        policy = Policy()
        for role, member, condition in self.policies.get(request["resource"], []):
            policy.bindings.add(role=role, members=[member], condition={"expression": condition})
        return policy


class FakeBlob:
    def __init__(self, world, identity, name):
        self._require = lambda verb: world.require(identity, f"{verb} {name}")

    def download_as_bytes(self):
        self._require("read")

    def upload_from_string(self, data, *, if_generation_match):
        self._require("create")
        raise PreconditionFailed("no such generation")

    def delete(self, *, if_generation_match):
        self._require("delete")
        raise PreconditionFailed("no such generation")


class FakeBucket:
    def __init__(self, world, identity, name):
        self._world, self._identity, self._name = world, identity, name

    def blob(self, name):
        return FakeBlob(self._world, self._identity, f"{self._name}/{name}")

    def get_iam_policy(self, requested_policy_version):
        policy = StoragePolicy(version=requested_policy_version)
        policy.bindings = [
            {"role": role, "members": {member}, **({"condition": {"expression": condition}} if condition else {})}
            for role, member, condition in self._world.policies.get(self._name, [])
        ]
        return policy


class FakeClients:
    """Google's clients as one identity has them, with the few methods that the checks call."""

    name, project, region = "local", "p", "us-central1"

    def __init__(self, world, identity):
        self._world, self.identity = world, identity

    def ensure(self):
        return None

    def whoami(self):
        return self.identity

    def acting_as(self, email):
        if email not in self._world.accounts - self._world.closed:
            raise RefreshError("Unable to acquire impersonated credentials", f"{email}: denied")
        return FakeClients(self._world, email)

    def storage(self):
        world, identity = self._world, self.identity
        return SimpleNamespace(
            bucket=lambda name: FakeBucket(world, identity, name),
            list_blobs=lambda name, max_results: world.require(identity, f"list {name}") or (),
            list_buckets=lambda max_results: world.require(identity, "list buckets") or (),
        )

    def jobs(self):
        return SimpleNamespace(list_custom_jobs=lambda parent: self._world.require(self.identity, "list jobs"))

    def quotas(self):
        return SimpleNamespace(list_quota_infos=lambda parent: self._world.require(self.identity, "read quotas"))

    def tokens(self):
        return SimpleNamespace(
            generate_access_token=lambda name, scope: self._world.require(
                self.identity, f"make tokens of {name.rpartition('/')[2]}"
            )
        )

    def projects(self):
        def get_iam_policy(request=None, resource=""):
            if request is None:
                self._world.require(self.identity, "read policy")
            return self._world.policy(request or {"resource": resource})

        return SimpleNamespace(
            get_iam_policy=get_iam_policy,
            get_project=lambda name: SimpleNamespace(name="projects/7"),
            test_iam_permissions=lambda resource, permissions: self._world.held(self.identity, permissions, resource),
        )

    def service_accounts(self):
        world = self._world
        return SimpleNamespace(
            get_service_account=self._account,
            list_service_accounts=lambda name: [self._account(email) for email in sorted(world.accounts)],
            list_service_account_keys=lambda name, key_types: SimpleNamespace(
                keys=[SimpleNamespace(name=key) for key in world.keys.get(name.rpartition("/")[2], ())]
            ),
            get_iam_policy=lambda request: world.policy({"resource": request["resource"].rpartition("/")[2]}),
            get_role=self._role,
            test_iam_permissions=lambda resource, permissions: world.held(
                self.identity, permissions, resource.rpartition("/")[2]
            ),
        )

    def _account(self, name):
        email = name.rpartition("/")[2]
        if email not in self._world.accounts:
            raise NotFound(email)
        resource = f"projects/p/serviceAccounts/{email}"
        return ServiceAccount(name=resource, email=email, disabled=email in self._world.disabled)

    def _role(self, request):
        with suppress(KeyError):
            return Role(name=request["name"], included_permissions=self._world.roles[request["name"]])
        raise NotFound(request["name"])


@pytest.fixture
def world():
    return World()


@pytest.fixture
def cloud(world):
    """The cloud as the student has it."""
    return FakeClients(world, STUDENT)


@pytest.fixture
def judge(world, cloud):
    """Judges an exercise of lab 02 by answers given as plain data, as a grader has them."""
    from labkit.checking.answers import Answers
    from labkit.labs.permissions import LAB

    names = {
        name: f"lab02-{name}{DOMAIN}" for name in ("trainer", "reviewer", "pipeline", "guard", "newcomer", "legacy")
    }
    buckets = {name: name for name in ("data", "results", "private")}

    def check(exercise, *, identity=STUDENT, **answers):
        clients = FakeClients(world, identity)
        return LAB.exercise(exercise).judge(LAB.id, Answers({**names, **buckets, "me": STUDENT, **answers}), clients)

    return check
