"""Every handler of the assembled cloud says what it demands of its caller."""

import pytest

from labkit.localcloud.assembly import assemble
from labkit.localcloud.core.requirement import requirement_of


@pytest.fixture(scope="module")
def handlers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cloud")
    cloud = assemble(folder, project="student", images=folder)
    found = [
        (method, handler)
        for api in cloud.registry.apis
        for method in cloud.registry.methods(api)
        if (handler := cloud.dispatcher.handler(method)) is not None
    ]
    cloud.store.close()
    return found


def test_every_handler_demands_a_permission_or_says_why_not(handlers):
    assert handlers
    for _, handler in handlers:
        requirement_of(handler)


def test_what_a_handler_demands_is_on_a_field_that_its_request_has(handlers):
    for method, handler in handlers:
        requirement = requirement_of(handler)
        if requirement.permission:
            assert isinstance(requirement.resource_name(method.request()), str), method.name
