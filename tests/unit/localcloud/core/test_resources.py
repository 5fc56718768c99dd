import pytest

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.resources import Resources
from labkit.localcloud.core.store import Store
from labkit.localcloud.errors import ApiError, Code

PARENT = "projects/1/locations/us-central1"
vertex = Registry().package("google.cloud.aiplatform.v1")


@pytest.fixture
def resources(tmp_path):
    store = Store(tmp_path / "cloud.db")
    yield Resources(store)
    store.close()


def model(number, parent=PARENT, **fields):
    return vertex.Model(name=f"{parent}/models/{number}", **fields)


def test_a_resource_comes_back_as_it_was_put(resources):
    resources.insert(model(1, display_name="digits"))

    assert resources.get(vertex.Model, f"{PARENT}/models/1") == model(1, display_name="digits")


def test_the_same_name_twice_is_refused_and_the_first_stays(resources):
    resources.insert(model(1, display_name="first"))

    with pytest.raises(ApiError, match="models/1 already exists") as refused:
        resources.insert(model(1, display_name="second"))

    assert refused.value.code is Code.ALREADY_EXISTS
    assert resources.get(vertex.Model, f"{PARENT}/models/1").display_name == "first"


def test_what_is_not_there_is_named(resources):
    for action in (
        lambda: resources.get(vertex.Model, "projects/1/models/9"),
        lambda: resources.update(vertex.Model(name="projects/1/models/9")),
        lambda: resources.delete(vertex.Model, "projects/1/models/9"),
    ):
        with pytest.raises(ApiError, match=r"Model projects/1/models/9 is not found\.") as refused:
            action()
        assert refused.value.code is Code.NOT_FOUND


def test_children_come_newest_first_and_only_those_of_the_parent(resources):
    for number in (2, 1, 3):
        resources.insert(model(number))
    resources.insert(model(4, parent="projects/1/locations/us-central10"))
    resources.insert(vertex.Endpoint(name=f"{PARENT}/endpoints/5"))

    names = [found.name for found in resources.children(vertex.Model, PARENT)]

    assert names == [f"{PARENT}/models/{number}" for number in (3, 1, 2)]


def test_grandchildren_are_no_children(resources):
    resources.insert(vertex.ModelEvaluation(name=f"{PARENT}/models/1/evaluations/2"))

    assert list(resources.children(vertex.ModelEvaluation, PARENT)) == []
    assert len(list(resources.children(vertex.ModelEvaluation, f"{PARENT}/models/1"))) == 1


def test_an_older_version_of_an_api_reads_what_a_newer_one_wrote(resources):
    beta = Registry().package("google.cloud.aiplatform.v1beta1")
    resources.insert(model(1, display_name="digits"))

    assert resources.get(beta.Model, f"{PARENT}/models/1").display_name == "digits"
