"""The handlers of IAM behind a dispatcher that asks IAM first, called as one principal or another."""

import asyncio
from types import SimpleNamespace

import pytest

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.dispatch import Dispatcher
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.projects import Projects
from labkit.localcloud.core.store import Store
from labkit.localcloud.iam.access_control import AccessControl
from labkit.localcloud.iam.policies import Policies
from labkit.localcloud.services.iam.policy_calls import PolicyCalls, ServiceAccountPolicyCalls
from labkit.localcloud.services.iam.role_calls import RoleCalls
from tests.fakes import EnabledServices, FakeClock, KnownAccounts, OneCaller

HOST = "iam.googleapis.com"
OWNER = Principal("owner@example.com")


class Handlers(RoleCalls, ServiceAccountPolicyCalls):
    """The parts of google.iam.admin.v1.IAM that are tested here."""

    service = "google.iam.admin.v1.IAM"

    def __init__(self, registry, control):
        RoleCalls.__init__(self, registry, control.roles)
        ServiceAccountPolicyCalls.__init__(self, PolicyCalls(registry, control))


@pytest.fixture(scope="module")
def registry():
    return Registry()


@pytest.fixture
def iam(tmp_path, registry):
    """`call("GetRole", name=…)`, as the project's owner if not told otherwise; the policies and accounts behind it."""
    clock = FakeClock()
    store = Store(tmp_path / "cloud.db")
    accounts = KnownAccounts()
    projects = Projects(store, clock, Ids(), default="labkit-student")
    projects.create("labkit-student")
    policies = Policies(store, clock)
    control = AccessControl.over(policies, accounts, store=store, projects=projects, clock=clock)
    policies.grant("//cloudresourcemanager.googleapis.com/projects/labkit-student", "roles/owner", OWNER.member)
    handlers = Handlers(registry, control)

    def call(rpc, caller=OWNER, **fields):
        dispatcher = Dispatcher(OneCaller(caller), control.authorizer, EnabledServices(), [handlers])
        method = registry.method(f"/{Handlers.service}/{rpc}", HOST)
        request = type(method.request())(**fields)
        return asyncio.run(dispatcher.call(method, request, authorization="", host=HOST)).message

    yield SimpleNamespace(call=call, policies=policies, accounts=accounts, types=registry.package("google.iam.v1"))
    store.close()
