"""An assembled cloud, and its HTTP edge without sockets."""

from dataclasses import replace

import pytest

from labkit.localcloud.assembly import assemble
from labkit.localcloud.core.dispatch import Dispatcher
from labkit.localcloud.core.identity import Principal
from tests.fakes import EnabledServices, FakeClock, GrantedAccess


@pytest.fixture
def cloud(tmp_path, loop):
    cloud = assemble(tmp_path, project="student", images=tmp_path, clock=FakeClock())
    cloud.setup.enabled.enable(cloud.projects.default, ["aiplatform.googleapis.com"])
    yield cloud
    loop.run_until_complete(cloud.close())


@pytest.fixture
def authorization(cloud):
    return f"Bearer {cloud.identity.issuer.access_token(Principal('student@example.com')).token}"


@pytest.fixture
def cloud_with(cloud):
    """The cloud, with services of a test's own in place of its."""

    def with_services(*services):
        bearers = cloud.identity.bearers
        return replace(cloud, dispatcher=Dispatcher(bearers, GrantedAccess(), EnabledServices(), services))

    return with_services
