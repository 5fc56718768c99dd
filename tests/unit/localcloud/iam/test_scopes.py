import pytest

from labkit.localcloud.iam import scopes

AUTH = "https://www.googleapis.com/auth/"


@pytest.mark.parametrize(
    ("scope", "service", "covered"),
    [
        ("cloud-platform", "aiplatform.googleapis.com", True),
        ("cloud-platform", "storage.googleapis.com", True),
        ("devstorage.read_only", "storage.googleapis.com", True),
        ("devstorage.read_only", "aiplatform.googleapis.com", False),
        ("devstoragex", "storage.googleapis.com", False),
        ("compute", "compute.googleapis.com", True),
        ("compute.readonly", "compute.googleapis.com", True),
        ("userinfo.email", "storage.googleapis.com", False),
    ],
)
def test_a_scope_covers_its_api(scope, service, covered):
    assert scopes.covers((AUTH + scope,), service) is covered


def test_one_of_several_is_enough():
    assert scopes.covers(("openid", scopes.CLOUD_PLATFORM), "run.googleapis.com")


@pytest.mark.parametrize("text", ["a b", "a,b", " a , b "])
def test_scopes_are_given_in_either_form(text):
    assert scopes.parse(text) == ("a", "b")
