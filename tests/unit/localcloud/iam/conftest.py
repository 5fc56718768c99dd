"""IAM over an empty store: one project, the accounts a test names, a clock that stands still."""

import pytest

from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.projects import Projects
from labkit.localcloud.core.store import Store
from labkit.localcloud.iam.access_control import AccessControl
from labkit.localcloud.iam.policies import Policies
from labkit.localcloud.iam.predefined_roles import PredefinedRoles
from tests.fakes import FakeClock, KnownAccounts

PROJECT = "labkit-student"


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "cloud.db")
    yield store
    store.close()


@pytest.fixture
def accounts():
    return KnownAccounts()


@pytest.fixture
def projects(store, clock):
    projects = Projects(store, clock, Ids(), default=PROJECT)
    projects.create(PROJECT)
    return projects


@pytest.fixture
def policies(store, clock):
    return Policies(store, clock)


@pytest.fixture
def control(store, clock, accounts, projects, policies):
    return AccessControl.over(policies, accounts, store=store, projects=projects, clock=clock)


@pytest.fixture(scope="session")
def predefined():
    return PredefinedRoles()
