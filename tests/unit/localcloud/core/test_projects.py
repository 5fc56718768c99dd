import pytest

from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.projects import FIRST_NUMBER, Projects, ProjectState
from labkit.localcloud.core.store import Store
from labkit.localcloud.errors import ApiError, Code
from tests.fakes import FakeClock


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "cloud.db")
    yield store
    store.close()


@pytest.fixture
def projects(store, clock):
    return Projects(store, clock, Ids(), default="student-lab")


def test_a_project_is_found_by_its_id_and_by_its_number(projects):
    made = projects.create("student-lab", labels={"course": "ml"})

    assert projects.find("student-lab") == projects.find(made.number) == projects.default == made
    assert (made.display_name, made.labels, made.state) == ("student-lab", {"course": "ml"}, ProjectState.ACTIVE)


def test_the_first_project_has_the_same_number_on_every_machine_and_others_do_not(projects):
    first, second = projects.create("student-lab"), projects.create("another-lab")

    assert first.number == FIRST_NUMBER
    assert len(second.number) == 12
    assert second.number != FIRST_NUMBER
    assert projects.all() == [first, second]


def test_projects_are_there_after_a_restart(projects, tmp_path, clock):
    made = projects.create("student-lab")
    reopened = Store(tmp_path / "cloud.db")

    assert Projects(reopened, clock, Ids(), default="student-lab").default == made
    reopened.close()


def test_a_project_of_nobody_here_is_denied_by_the_permission_that_was_asked(projects):
    with pytest.raises(
        ApiError, match=r"'storage.buckets.list' denied on resource '//storage.*/projects/other'"
    ) as refused:
        projects.get("other", permission="storage.buckets.list", host="storage.googleapis.com")

    assert refused.value.code is Code.PERMISSION_DENIED


def test_a_deleted_project_can_be_restored_for_thirty_days_and_its_id_is_never_free_again(projects, clock):
    deleted = projects.request_deletion(projects.create("student-lab"))
    clock.advance(days=29)
    assert projects.find("student-lab") == deleted
    assert deleted.state is ProjectState.DELETE_REQUESTED

    clock.advance(days=1)
    assert projects.find("student-lab") is None
    assert projects.all() == []
    with pytest.raises(ApiError) as refused:
        projects.create("student-lab")
    assert refused.value.code is Code.ALREADY_EXISTS


def test_every_change_has_its_etag_and_its_time(projects, clock):
    made = projects.create("student-lab")
    clock.advance(hours=1)
    restored = projects.restore(projects.request_deletion(made))

    assert restored.etag != made.etag
    assert (restored.created, restored.updated, restored.deleted) == (made.created, clock.now(), None)
