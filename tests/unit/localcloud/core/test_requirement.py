from types import SimpleNamespace

import pytest

from labkit.localcloud.core.requirement import Requirement, open_to_callers, requirement_of, requires


@requires("aiplatform.customJobs.create", on="custom_job.parent")
def create(request, context):
    """A handler."""


@open_to_callers("it lists only what the caller made")
def mine(request, context):
    """A handler."""


def test_a_handler_keeps_what_it_demands():
    assert requirement_of(create) == Requirement("aiplatform.customJobs.create", "custom_job.parent")
    assert requirement_of(mine).permission == ""


def test_the_resource_is_read_from_the_field_along_its_path():
    request = SimpleNamespace(custom_job=SimpleNamespace(parent="projects/student"))

    assert requirement_of(create).resource_name(request) == "projects/student"


def test_a_handler_that_demands_nothing_must_say_so():
    with pytest.raises(TypeError, match="requires"):
        requirement_of(lambda request, context: None)


def test_an_open_handler_must_say_why():
    with pytest.raises(ValueError, match="why"):
        open_to_callers("")
