import pytest

from labkit.localcloud.core.projects import Project
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.resource_manager import project_query
from tests.fakes import FakeClock

PROJECT = Project("lab-one", "123456789012", "How it works", {"color": "red", "size": "big"})


@pytest.mark.parametrize(
    "query",
    [
        "",
        "name:how*",
        'name:"how it works"',
        'NAME = "HOW IT WORKS"',
        "displayName:*works",
        "id:lab-one",
        "projectId=lab-*",
        "projectNumber:123456789012",
        "labels.color:*",
        "labels.color:red",
        "labels:size",
        "labels:big",
        "state:ACTIVE",
        "lifecycleState:ACTIVE AND (id:lab-one)",
        "labels.color:blue labels.size:big",
        "labels.color:blue OR labels.size:big",
        "NOT labels.color:blue",
        "(id:other OR id:lab-one) AND labels.size:big",
    ],
)
def test_a_query_finds_the_project(query):
    assert project_query.parse(query)(PROJECT)


@pytest.mark.parametrize(
    "query",
    [
        "name:how",
        "labels.color:blue",
        "labels.shape:*",
        "parent.type:folder",
        "state:DELETE_REQUESTED",
        "lifecycleState:ACTIVE AND (id:other)",
        "NOT labels.color:red",
        "labels.color:red AND labels.size:small",
    ],
)
def test_a_query_leaves_the_project_out(query):
    assert not project_query.parse(query)(PROJECT)


def test_a_project_that_is_shut_down_is_found_by_its_state():
    deleted = Project("lab-one", "1", deleted=FakeClock().now())

    assert project_query.parse("lifecycleState:DELETE_REQUESTED")(deleted)


@pytest.mark.parametrize("query", ["(", "id:lab-one)", "id:lab-one AND", "lab-one", "id:", "NOT", "(id:lab-one"])
def test_a_query_that_cannot_be_read_shows_the_place(query):
    with pytest.raises(ApiError, match=r"cannot be read at column \d+"):
        project_query.parse(query)
