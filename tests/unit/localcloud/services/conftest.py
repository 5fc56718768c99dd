"""The services of a project's set-up over an empty store, called through dispatch as both transports do."""

import asyncio
import random
from decimal import Decimal

import pytest

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.dispatch import Dispatcher
from labkit.localcloud.core.foundation import Foundation
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.operations import OperationsService
from labkit.localcloud.core.store import Store
from labkit.localcloud.iam.access_control import AccessControl
from labkit.localcloud.iam.policies import Policies
from labkit.localcloud.iam.service_accounts import ServiceAccounts
from labkit.localcloud.services.new_project import STUDENT, TEACHER
from labkit.localcloud.services.project_setup import ProjectSetup
from labkit.localcloud.wire import payload
from tests.fakes import FakeClock

PROJECT = "labkit-student"

HOSTS = {
    "google.api.cloudquotas": "cloudquotas.googleapis.com",
    "google.api.serviceusage": "serviceusage.googleapis.com",
    "google.cloud.billing.budgets": "billingbudgets.googleapis.com",
    "google.cloud.billing": "cloudbilling.googleapis.com",
    "google.cloud.orgpolicy": "orgpolicy.googleapis.com",
    "google.cloud.resourcemanager": "cloudresourcemanager.googleapis.com",
}


class Anybody:
    """Takes the Authorization header for the caller's address."""

    def authenticate(self, authorization, service):
        return Principal(authorization)


class FakeLedger:
    def __init__(self):
        self.amounts = {}

    def spent(self, account):
        return self.amounts.get(account, Decimal(0))


class SetUp:
    """`call` a handler as somebody, by the RPC's full name and its request's JSON."""

    student = STUDENT
    teacher = TEACHER
    registry = Registry()  # Of the messages that tests make: loaded once for all of them.

    def __init__(self, home):
        self.clock = FakeClock()
        self.ledger = FakeLedger()
        self.store = Store(home / "cloud.db")
        ids = Ids(random.Random(7))
        base = Foundation.over(self.registry, self.store, project=PROJECT, clock=self.clock, ids=ids)
        self.projects = base.projects
        self.policies = Policies(self.store, self.clock)
        self.service_accounts = ServiceAccounts(self.store, self.clock, ids, self.policies)
        control = AccessControl.over(
            self.policies, self.service_accounts, store=self.store, projects=self.projects, clock=self.clock
        )
        self.parts = ProjectSetup(base, control, self.service_accounts, self.ledger)
        self.project = self.parts.new_projects.create_students(PROJECT)
        services = (OperationsService(base.operations), *self.parts.services)
        self.dispatcher = Dispatcher(Anybody(), control.authorizer, self.parts.enabled, services)

    @property
    def trial(self):
        return self.parts.accounts.all()[0]

    @property
    def course_account(self):
        return self.parts.accounts.all()[1]

    def call(self, rpc, request=None, *, caller=STUDENT):
        host = next(host for package, host in HOSTS.items() if rpc.startswith(f"{package}."))
        method = self.registry.method(f"/{rpc}", host)
        message = method.request()
        payload.merge(request or {}, message)
        return asyncio.run(self.dispatcher.call(method, message, authorization=caller.email, host=host)).message

    def enable(self, *names):
        self.parts.enabled.enable(self.project, [f"{name}.googleapis.com" for name in names])


@pytest.fixture
def setup(tmp_path):
    made = SetUp(tmp_path)
    yield made
    made.store.close()
